import { expect, it } from 'vitest'
import { resultFileSchema, type ResultTable, tableText } from '#streams/testing'
import { type Run, securePrices, standingsOf } from './bench-report.ts'
import {
  contestTable,
  freshnessTable,
  memoryTable,
  processesTable,
  profileTable,
  secureTable,
  usersTable,
} from './bench-tables.ts'
import type { ScalingRun } from './process-scaling.ts'

const run = (contestant: string, eventsPerSecond: number, wrong: number | null = 0): Run => ({
  contestant,
  eventsPerSecond,
  cpuSecondsPerMillion: 5,
  rssMiB: 300,
  wrong,
})
const ROUNDS = [
  [run('peer', 100, null), run('feedloop', 400)],
  [run('peer', 200, null), run('feedloop', 500, 3)],
]
const quantiles = { p50: 7, p99: 14, p999: 20, max: 30 }

it('compares a contestant with feedloop round by round', () => {
  const [peer, own] = standingsOf(ROUNDS)
  expect(peer).toMatchObject({ eventsPerSecond: [100, 200], feedloopRatio: [4, 2.5], wrong: null })
  expect(own).toMatchObject({ eventsPerSecond: [400, 500], wrong: 3 })
})

it('compares a contestant with itself where nobody is asked, round by round', () => {
  const slower = (one: Run): Run => ({
    ...one,
    eventsPerSecond: one.eventsPerSecond / 2,
    cpuSecondsPerMillion: one.cpuSecondsPerMillion * 3,
  })
  const both = ROUNDS.map((runs) => runs.map((one) => ({ plain: one, secure: slower(one) })))
  const [peer, own] = securePrices(both)
  expect(peer).toMatchObject({ contestant: 'peer', rateRatio: [0.5, 0.5], cpuRatio: [3, 3] })
  expect(own!.secure).toMatchObject({ eventsPerSecond: [200, 250], wrong: 3 })
  expect(resultFileSchema.shape.tables.parse({ secure: secureTable([peer!, own!], new Map()) })).toBeDefined()
})

it('writes every table in the format that READMEs show, each round with its value', () => {
  const standings = standingsOf(ROUNDS)
  const pass = { eventsPerSecond: 300_000, recordsPerWrite: 3_000, cpuSecondsPerMillion: 3 }
  const scaling = (processes: number, cost: number): ScalingRun => ({
    round: 1,
    processes,
    company: 'one group',
    allBusy: { ...pass, cpuSecondsPerMillion: cost },
    someDone: pass,
    wrong: 0,
  })
  const freshnessRun = {
    perSecond: 100,
    carriedPerSecond: 99,
    user: quantiles,
    medianSecondP99: 12,
    onsetP99: 18,
    item: quantiles,
  }
  const tables: Record<string, ResultTable> = {
    contest: contestTable(standings, new Map([['peer', 'a peer']])),
    freshness: freshnessTable([{ share: 0.5, perSecond: 100, runs: [freshnessRun, freshnessRun] }]),
    profile: profileTable([{ stage: 'fold', micros: 0.26 }]),
    users: usersTable([{ users: 10_000, ...standings[1]! }]),
    processes: processesTable([scaling(1, 3), scaling(2, 2.4)]),
    memory: memoryTable({
      users: 1,
      items: 2,
      interactions: 3,
      mebibytes: 4,
      bytesPerUser: 5,
      bytesPerItem: 6,
    }),
  }
  expect(resultFileSchema.shape.tables.parse(tables)).toEqual(tables)
  expect(tables['contest']!.rows[0]).toEqual([
    'a peer',
    [100, 200],
    [5, 5],
    [300, 300],
    'not compared',
    [4, 2.5],
  ])
  expect(tables['contest']!.rows[1]!.slice(4)).toEqual(['3 wrong', ''])
  expect(tableText(tables['processes']!)).toContain('0.80')
  expect(tableText(tables['freshness']!)).toContain('50 %')
  for (const { columns, rows } of Object.values(tables))
    for (const row of rows) expect(row).toHaveLength(columns.length)
})
