import { rmSync } from 'node:fs'
import path from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { findTables, openTableFile } from '#feature-store/files'
import { inferSuite, openSuite, type Suite, validateTables } from '#feature-store'
import { FAULT_NAMES } from './faults.ts'
import { IMPRESSIONS_MAP } from './feed-tables.ts'
import { faultFindings, type FaultFinding } from './testing/fault-findings.ts'
import { madeFolder } from './testing/made-folder.ts'

const SEEDS = ['1', '2']
const CLOCK_MS = Date.UTC(2026, 10, 1)
const made: string[] = []

afterAll(() => {
  for (const folder of made) rmSync(path.dirname(folder), { recursive: true })
})

async function tablesOf(seed: string, faults?: typeof FAULT_NAMES) {
  const folder = await madeFolder(
    { seed },
    { formats: [seed === '2' ? 'parquet' : 'csv'], ...(faults && { faults }) },
  )
  made.push(folder.path)
  const tables = []
  for (const one of findTables(folder.path).paths) tables.push(await openTableFile(one))
  return { ...folder, tables }
}

type Tables = Awaited<ReturnType<typeof tablesOf>>['tables']

const proposed = async (tables: Tables, faultShareMax: number): Promise<Suite> =>
  (await inferSuite({ tables, faultShareMax, label: 'click', outcomes: [...IMPRESSIONS_MAP.ignore] })).suite

async function unmet(suite: Suite, tables: Tables) {
  const { expectations } = openSuite(suite, 'suite')
  const { verdicts } = await validateTables({ suite: 'proposed', expectations, tables, clockMs: CLOCK_MS })
  return verdicts.filter(({ success }) => !success)
}

it('finds every planted fault, and none where there is none', { tags: ['long'] }, async () => {
  const suite = await proposed((await tablesOf('clean')).tables, 0)
  const total: Record<string, FaultFinding> = {}
  for (const seed of SEEDS) {
    expect(await unmet(suite, (await tablesOf(seed)).tables)).toEqual([])
    const { tables, planted } = await tablesOf(seed, FAULT_NAMES)
    const { kinds, falseOnes } = faultFindings(planted, await unmet(suite, tables))
    expect(falseOnes).toEqual([])
    for (const [kind, { planted, found, missed }] of Object.entries(kinds)) {
      const sum = (total[kind] ??= { planted: 0, found: 0, missed: 0 })
      total[kind] = { planted: sum.planted + planted, found: sum.found + found, missed: sum.missed + missed }
    }
  }
  const each = { planted: SEEDS.length, found: SEEDS.length, missed: 0 }
  expect(total).toEqual(Object.fromEntries(FAULT_NAMES.map((kind) => [kind, each])))
})

it('finds most of them without a suite, by the rows that are broken', { tags: ['long'] }, async () => {
  const clean = await tablesOf('4')
  expect(await unmet(await proposed(clean.tables, 0.02), clean.tables)).toEqual([])
  const { tables, planted } = await tablesOf('4', FAULT_NAMES)
  const { kinds, falseOnes } = faultFindings(planted, await unmet(await proposed(tables, 0.02), tables))
  expect(falseOnes).toEqual([])
  const missed = Object.entries(kinds).filter(([, { missed }]) => missed > 0)
  // A rare value may be a right one, and so may a like without a click where half of the likes have none.
  expect(missed.map(([kind]) => kind).sort()).toEqual(['contradiction', 'out_of_range', 'unknown_category'])
})
