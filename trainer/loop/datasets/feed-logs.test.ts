import type { CsvRow } from '#feature-store/files'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { mergeByTime, type FeedLog, type LogEntry } from './feed-log.ts'
import { openMovieLensLog } from './fs-movielens.ts'
import { movieLensImpression } from './movielens.ts'
import { openBanditImpression } from './open-bandit.ts'
import { openOpenBanditLog } from './fs-open-bandit.ts'

const fixture = join(import.meta.dirname, 'fixtures/open-bandit')
let folder: string
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'feedloop-ingest-'))))
afterEach(() => rmSync(folder, { recursive: true }))

async function entriesOf(log: FeedLog): Promise<LogEntry[]> {
  const entries: LogEntry[] = []
  for await (const entry of log.entries()) entries.push(entry)
  return entries
}
const impressionsOf = (entries: LogEntry[]) =>
  entries.flatMap((entry) => (entry.kind === 'impression' ? [entry] : []))

describe('ids of rows', () => {
  const place = { path: 'x.csv', line: 1 }

  it('are different for different pairs of user and movie', () => {
    const idOf = (userId: string, movieId: string) =>
      movieLensImpression({ userId, movieId, rating: 3, atMs: 1 }, (id) => id).request.requestId
    expect(idOf('1-2', '3')).not.toBe(idOf('1', '2-3'))
    expect(idOf('1', '2')).toBe('ml-1-2')
  })

  it('are different for different people', () => {
    const row = (first: string, second: string): CsvRow => ({
      '': '0',
      timestamp: '2019-11-24 00:03:13.442+00:00',
      item_id: '1',
      position: '1',
      click: '0',
      propensity_score: '0.1',
      'user-item_affinity_1': '0',
      user_feature_0: first,
      user_feature_1: second,
      user_feature_2: 'c',
      user_feature_3: 'd',
    })
    const idOf = (first: string, second: string) =>
      openBanditImpression('random_all', { row: row(first, second), place, atMs: 1 }).request.userId
    expect(idOf('a\nb', 'c')).not.toBe(idOf('a', 'b\nc'))
  })
})

describe('Open Bandit', () => {
  it('reads the vendored impressions with items, users, propensities, slots and clicks', async () => {
    const log = await openOpenBanditLog(fixture)
    const entries = await entriesOf(log)
    const impressions = impressionsOf(entries)
    expect([log.impressions, impressions.length]).toEqual([4_000, 4_000])
    expect(entries.filter((entry) => entry.kind === 'item')).toHaveLength(34)
    expect(impressions.flatMap((one) => one.outcomes).filter((one) => one.type === 'click')).toHaveLength(28)
    const { choice, ...first } = impressions.find(({ request }) => request.requestId === 'random_men-0')!
    expect(first).toEqual({
      kind: 'impression',
      atMs: Date.UTC(2019, 10, 24, 0, 3, 13, 442),
      request: {
        requestId: 'random_men-0',
        userId: expect.stringMatching(/^u[0-9a-f]{16}$/) as string,
        occurredAtMs: Date.UTC(2019, 10, 24, 0, 3, 13, 442),
        candidates: ['i14'],
        context: [
          { name: 'slot', text: 'p2', number: null },
          { name: 'affinity', text: null, number: 0 },
          { name: 'logged_propensity', text: null, number: 0.029411764705882353 },
        ],
      },
      outcomes: [
        expect.objectContaining({ interactionId: 'random_men-0.view', type: 'view', itemId: 'i14' }),
      ],
    })
    expect(choice).toMatchObject({ propensity: 0.029411764705882353, slot: 2 })
    expect(choice!.options.map(({ itemId }) => itemId)).toEqual(
      Array.from({ length: 34 }, (_, item) => `i${String(item)}`),
    )
    expect(choice!.options[14]!.context).toEqual(first.request.context)
    const told = impressions.filter((one) => one.choice !== undefined)
    expect(told.every(({ request }) => request.requestId.startsWith('random_men-'))).toBe(true)
    expect(told).toHaveLength(2_000)
  })

  it('tells who and what before it asks, in event-time order', async () => {
    const known = new Set<string>()
    let lastMs = 0
    for (const entry of await entriesOf(await openOpenBanditLog(fixture))) {
      expect(entry.atMs).toBeGreaterThanOrEqual(lastMs)
      lastMs = entry.atMs
      if (entry.kind === 'item') known.add(entry.item.itemId)
      if (entry.kind === 'user') known.add(entry.user.userId)
      if (entry.kind === 'impression')
        for (const id of [entry.request.userId, ...entry.request.candidates]) expect(known).toContain(id)
    }
  })

  it('says what is missing or wrong, and where', async () => {
    await expect(openOpenBanditLog(folder)).rejects.toThrow(
      /expected random_men.csv.gz or bts_men.csv.gz there/,
    )
    writeFileSync(join(folder, 'random_men.csv'), ',timestamp,item_id\n0,yesterday,3\n')
    await expect(openOpenBanditLog(folder)).rejects.toThrow(/item_context_men.csv: there is no such file/)
    writeFileSync(join(folder, 'item_context_men.csv'), ',item_id\n')
    await expect(openOpenBanditLog(folder)).rejects.toThrow(
      /random_men.csv: line 1: has no column position, click, .* \(it has "" .*, timestamp, item_id\)/,
    )
  })

  it('refuses a file that is cut short', async () => {
    writeFileSync(join(folder, 'random_men.csv.gz'), Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0]))
    writeFileSync(join(folder, 'item_context_men.csv'), ',item_id\n')
    await expect(openOpenBanditLog(folder)).rejects.toMatchObject({
      code: 'log_unreadable',
      policy: 'operator',
    })
  })
})

describe('MovieLens', () => {
  const write = (ratings: string, movies: string) => {
    writeFileSync(join(folder, 'ratings.csv'), `userId,movieId,rating,timestamp\n${ratings}`)
    writeFileSync(join(folder, 'movies.csv'), `movieId,title,genres\n${movies}`)
  }

  it('sorts ratings by time; four stars are a like, a film has all of its genres', async () => {
    write(
      '1,10,3.5,1000000200\n2,11,4.0,1000000100\n',
      '10,"Heat, The (1995)",Action|Crime\n11,Untitled,(no genres listed)\n',
    )
    const entries = await entriesOf(await openMovieLensLog(folder))
    expect(entries.slice(0, 2)).toEqual([
      {
        kind: 'item',
        atMs: 1_000_000_100_000,
        item: {
          itemId: 'm10',
          occurredAtMs: 1_000_000_100_000,
          attributes: [
            { name: 'genre', text: 'Action', number: null },
            { name: 'genre', text: 'Crime', number: null },
            { name: 'genres', text: null, number: 2 },
            { name: 'year', text: null, number: 1995 },
          ],
        },
      },
      expect.objectContaining({ kind: 'item' }),
    ])
    const impressions = impressionsOf(entries)
    expect(impressions.map(({ request }) => [request.requestId, request.occurredAtMs])).toEqual([
      ['ml-2-11', 1_000_000_100_000],
      ['ml-1-10', 1_000_000_200_000],
    ])
    expect(impressions.map(({ outcomes }) => outcomes.map(({ type, value }) => [type, value]))).toEqual([
      [
        ['view', 4],
        ['like', 4],
      ],
      [['view', 3.5]],
    ])
  })

  it('takes milliseconds where seconds are usual, and says so', async () => {
    write('1,10,3.5,1000000200000\n2,10,4.0,1000000100\n', '10,Heat,Crime\n')
    const log = await openMovieLensLog(folder)
    expect(log.notes).toEqual([
      expect.stringContaining('timestamp of 1 row(s) is in milliseconds, not in seconds: converted'),
    ])
    expect(impressionsOf(await entriesOf(log)).map(({ atMs }) => atMs)).toEqual([
      1_000_000_100_000, 1_000_000_200_000,
    ])
  })

  it('says what is missing or wrong, and where', async () => {
    await expect(openMovieLensLog(folder)).rejects.toThrow(/expected ratings.csv and movies.csv there/)
    write('', '')
    await expect(openMovieLensLog(folder)).rejects.toThrow(/holds no ratings/)
    write('1,10,good,200\n', '')
    await expect(openMovieLensLog(folder)).rejects.toThrow(/line 2: rating is not a number \(good\)/)
    write('1,10,3.5,200\n', '')
    await expect(openMovieLensLog(folder)).rejects.toThrow(/ratings.csv: line 2: timestamp lies before 1990/)
  })
})

describe('mergeByTime', () => {
  async function* at(...times: number[]) {
    for (const atMs of times) yield await Promise.resolve({ atMs, from: times.length })
  }

  it('gives all entries in order, the first source first among equals', async () => {
    const merged = []
    for await (const { atMs, from } of mergeByTime([at(1, 5, 5), at(0, 5), at()])) merged.push([atMs, from])
    expect(merged).toEqual([
      [0, 2],
      [1, 3],
      [5, 3],
      [5, 3],
      [5, 2],
    ])
  })
})
