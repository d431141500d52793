import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readRows } from '#feature-store/files'
import { DATA_SETS } from '../datasets/index.ts'
import { madeFolder, type MadeFolder } from './testing/made-folder.ts'

const BOTH = { formats: ['csv', 'parquet'] as ('csv' | 'parquet')[] }
const made: MadeFolder[] = []

async function folder(...of: Parameters<typeof madeFolder>): Promise<MadeFolder> {
  const one = await madeFolder(...of)
  made.push(one)
  return one
}

const hashes = ({ path: folder }: MadeFolder) =>
  readdirSync(folder).map((name) => [
    name,
    createHash('sha256')
      .update(readFileSync(path.join(folder, name)))
      .digest('hex'),
  ])

async function rowsOf({ path: folder }: MadeFolder, table: string) {
  const rows = []
  for await (const { row } of readRows(path.join(folder, `${table}.csv`))) rows.push(row)
  return rows
}

type Rows = Awaited<ReturnType<typeof rowsOf>>

afterAll(() => {
  for (const { path: folder } of made) rmSync(path.dirname(folder), { recursive: true })
})

describe('a data set that is made up', () => {
  let data: MadeFolder
  let [impressions, interactions, users, items]: Rows[] = []

  beforeAll(async () => {
    data = await folder({ seed: '7' }, BOTH)
    impressions = await rowsOf(data, 'impressions')
    interactions = await rowsOf(data, 'interactions')
    users = await rowsOf(data, 'user_features')
    items = await rowsOf(data, 'content_features')
  })

  it('has the same bytes for the same seed, others for another', async () => {
    const again = await folder({ seed: '7' }, BOTH)
    const other = await folder({ seed: '8' }, BOTH)
    expect(hashes(again)).toEqual(hashes(data))
    for (const [at, [name, hash]] of hashes(other).entries())
      if (name !== 'map.json') expect(hash).not.toBe(hashes(data)[at]![1])
  })

  it('has as many items and people as were asked for, and about as many impressions', () => {
    expect(items).toHaveLength(200)
    expect(users).toHaveLength(200 * 3)
    expect(Math.abs(impressions!.length - 12_000)).toBeLessThan(1_200)
    expect(data.rows).toMatchObject({ impressions: impressions!.length, content_features: 200 })
  })

  it('labels an impression by what was done about it, however late', () => {
    const clicks = new Map(
      interactions!
        .filter(({ type }) => type === 'click')
        .map((row) => [`${row['request_id']!} ${row['item_id']!}`, row]),
    )
    const likes = new Set(
      interactions!
        .filter(({ type }) => type === 'like')
        .map((row) => `${row['request_id']!} ${row['item_id']!}`),
    )
    let [clicked, liked] = [0, 0]
    for (const row of impressions!) {
      const key = `${row['request_id']!} ${row['item_id']!}`
      expect(row['click']).toBe(clicks.has(key) ? '1' : '0')
      expect(row['like']).toBe(likes.has(key) ? '1' : '0')
      expect(row['dwell_seconds']).toBe(clicks.get(key)?.['value'] ?? '')
      clicked += Number(row['click'])
      liked += Number(row['like'])
    }
    expect(clicked).toBe(data.truth.label.clicks)
    expect(liked).toBe(data.truth.label.likes)
    expect(data.truth.label.rate).toBeGreaterThan(0.02)
    expect(data.truth.label.rate).toBeLessThan(0.1)
    expect(data.truth.bestReachableNormalizedEntropy).toBeLessThan(0.95)
  })

  it('says of people what was known before that moment, and nothing of their future', () => {
    const [asked] = users!
      .filter(({ as_of: asOf }) => asOf === '2026-01-03T00:00:00.000Z')
      .filter(({ clicks }) => Number(clicks) > 1)
    const before = interactions!.filter(
      (row) => row['user_id'] === asked!['user_id'] && row['occurred_at']! < asked!['as_of']!,
    )
    const of = (type: string) => before.filter((row) => row['type'] === type)
    expect(Number(asked!['views'])).toBe(of('view').length)
    expect(Number(asked!['clicks'])).toBe(of('click').length)
    expect(Number(asked!['likes'])).toBe(of('like').length)
    expect(asked!['history']).toBe(
      of('click')
        .slice(-20)
        .map((row) => row['item_id']!)
        .join('|'),
    )
  })

  it('is clicked less the lower it stands', () => {
    const rate = (from: number, to: number) => {
      const rows = impressions!.filter(({ position }) => Number(position) >= from && Number(position) < to)
      return rows.filter(({ click }) => click === '1').length / rows.length
    }
    expect(rate(0, 2)).toBeGreaterThan(1.3 * rate(5, 10))
  })

  it.each(['csv', 'parquet'])(
    'is read by the backtest with the map that lies beside it (%s)',
    async (format) => {
      const { log } = await DATA_SETS[format]!(path.join(data.path, `impressions.${format}`), {
        mapPath: path.join(data.path, 'map.json'),
      })
      let outcomes = 0
      for await (const entry of log.entries())
        if (entry.kind === 'impression') outcomes += entry.outcomes.length
      expect(outcomes).toBe(impressions!.length + data.truth.label.clicks)
    },
  )

  it('goes into an empty folder only', async () => {
    const { openDataFolder } = await import('./fs-data-folder.ts')
    expect(() => openDataFolder(data.path, ['csv'], null)).toThrow(
      /is not empty; name another folder with --out/,
    )
  })
})
