import { describe, expect, it } from 'vitest'
import { headersOf, type RawRecord } from '#streams'
import { createArchiveBuffer } from './archive-buffer.ts'
import { type ArchiveFile, archiveFileName, inOrder, parseArchiveName } from './archive-names.ts'
import type { ArchivePlace } from './archive-place.ts'
import { openArchivedTopic } from './archived-records.ts'
import { archivedUntil } from './coverage.ts'
import { archiveBytes, readArchive } from './fs-archive-parquet.ts'
import { filesToRetire } from './retire-files.ts'

const DAY_MS = 86_400_000
const NOON = Date.parse('2026-11-29T12:00:00Z')
const record = (offset: number, atMs = NOON, more: Partial<RawRecord> = {}): RawRecord => ({
  partition: 0,
  offset,
  key: Buffer.from('k'),
  value: Buffer.from([offset, 0, 255]),
  brokerTimeMs: atMs,
  isProducerTime: true,
  ...more,
})
const file = (firstOffset: number, nextOffset: number, day = '2026-11-29', partition = 0): ArchiveFile => {
  const facts = { topicName: 'feed.users.v1', day, partition, firstOffset, nextOffset }
  return { name: archiveFileName(facts), ...facts, bytes: 10 }
}

describe('files of an archive', () => {
  it('hold records as they were: bytes, times, tombstones and headers', async () => {
    // One header: h = bytes 1, 2; one without a value.
    const headers = Buffer.from([4, 2, 0x68, 4, 1, 2, 2, 0x6e, 1])
    expect(headersOf(headers)).toEqual([
      { name: 'h', value: Buffer.from([1, 2]) },
      { name: 'n', value: null },
    ])
    const records = [
      record(7, -1, { headers }),
      record(8, NOON, { value: null, isProducerTime: false }),
      record(11, NOON, { key: null, value: Buffer.alloc(0) }),
    ]
    const footer = { topicName: 'feed.users.v1', partition: 0, firstOffset: 7, nextOffset: 15 }
    const read = await readArchive(archiveBytes(records, footer))
    expect(read.footer).toEqual(footer)
    const headersText = '[["h","AQI="],["n",null]]'
    expect(read.records).toEqual(
      records.map(({ headers: told, ...rest }) => (told === undefined ? rest : { ...rest, headersText })),
    )
    expect((await readArchive(archiveBytes(read.records, footer))).records).toEqual(read.records)
  })

  it('say in their names which offsets are in them; what another one has wholly does not count', () => {
    const one = file(120, 180, '2026-11-29', 3)
    expect(one.name).toBe('feed.users.v1/date=2026-11-29/p3-000000000120-000000000180.parquet')
    expect(parseArchiveName(one.name, 10)).toEqual(one)
    expect(parseArchiveName('feed.users.v1/topic.json', 10)).toBeNull()
    expect(inOrder([file(10, 20), file(0, 10), file(0, 5), file(20, 30, '2026-11-29', 1)], 0)).toEqual([
      file(0, 10),
      file(10, 20),
    ])
  })

  it('go by whole days, and by bytes, the oldest first', () => {
    const days = ['2026-11-27', '2026-11-28', '2026-11-29'].map((day, n) => file(n, n + 1, day))
    const retire = (keepDays: number | null, bytesMax: number | null) =>
      filesToRetire(days, { keepDays, bytesMax, atMs: NOON }).map(({ day }) => day)
    expect(retire(2, null)).toEqual(['2026-11-27'])
    expect(retire(null, 10)).toEqual(['2026-11-27', '2026-11-28'])
    expect(retire(null, 30)).toEqual([])
    expect(retire(1, 30)).toEqual(['2026-11-27', '2026-11-28'])
  })
})

describe('cutting what comes into files', () => {
  const buffer = (fileBytesMax = 1e6, heldBytesMax = 1e9) =>
    createArchiveBuffer(
      new Map([
        [0, 5],
        [1, 0],
      ]),
      { fileBytesMax, heldBytesMax },
    )

  it('ends a file at midnight, when it is full, and when all hold too much; each begins where the last one ended', () => {
    const byDay = buffer()
    expect(byDay.add(0, [record(5), record(6)], 9)).toEqual([])
    const [first] = byDay.add(0, [record(9, NOON + DAY_MS), record(10, NOON)], 11)
    expect(first).toMatchObject({ day: '2026-11-29', firstOffset: 5, nextOffset: 9 })
    // The late one stays in the day that has begun.
    expect(byDay.flush()).toMatchObject([{ day: '2026-11-30', firstOffset: 9, nextOffset: 11 }])
    const bySize = buffer(1)
    const pieces = [...bySize.add(0, [record(5), record(7)], 8), ...bySize.flush()]
    expect(pieces.map(({ firstOffset, nextOffset }) => [firstOffset, nextOffset])).toEqual([
      [5, 7],
      [7, 8],
    ])
    const held = buffer(1e6, 1)
    expect(held.add(1, [record(0)], 1)).toHaveLength(1)
    expect(held.heldBytes()).toBe(0)
  })

  it('leaves out what Kafka removed before it was read', () => {
    const lossy = buffer()
    lossy.add(0, [record(5)], 6)
    expect(lossy.lost(0, 40)).toMatchObject([{ firstOffset: 5, nextOffset: 6 }])
    lossy.add(0, [record(40)], 41)
    expect(lossy.flush()).toMatchObject([{ firstOffset: 40, nextOffset: 41 }])
  })
})

describe('the seam between archive and topic', () => {
  const until = (files: ArchiveFile[], low: number, from = 0) =>
    archivedUntil(files, { low, from, what: 'feed.users.v1[0]', where: 'DIR' })

  it('is where the archive ends, also where Kafka still has more', () => {
    expect(until([file(0, 10), file(10, 20)], 15)).toBe(20)
    expect(until([file(0, 10), file(10, 20)], 0)).toBe(20)
    expect(until([], 0)).toBe(0)
    expect(until([], 7)).toBe(0)
    expect(until([file(0, 10)], 30, 40)).toBe(0)
    // Kafka has what a lost file held.
    expect(until([file(0, 10), file(20, 30)], 5)).toBe(10)
  })

  it('is refused where neither has something, with the offsets and the days', () => {
    expect(() => until([file(0, 10, '2026-11-27'), file(20, 30)], 25)).toThrow(
      'feed.users.v1[0]: the offsets 10 to 19 are neither in the archive DIR nor in Kafka, which begins at 25 (they belong beside files of 2026-11-27 and 2026-11-29)',
    )
    expect(() => until([file(0, 10)], 25)).toThrow('the offsets 10 to 24')
    expect(until([file(0, 10), file(20, 30)], 25, 20)).toBe(30)
  })

  it('reads a file from any offset on, and names a file that is damaged', async () => {
    const footer = { topicName: 'feed.users.v1', partition: 0, firstOffset: 0, nextOffset: 10 }
    const whole = archiveBytes([record(0), record(4, NOON + 1), record(8, NOON + 2)], footer)
    const objects = new Map([[file(0, 10).name, whole]])
    const place: ArchivePlace = {
      where: 'DIR',
      put: async (name, bytes) => void objects.set(name, bytes),
      list: async () => [...objects].map(([name, bytes]) => ({ name, bytes: bytes.length })),
      get: async (name) => objects.get(name) ?? null,
      remove: async (name) => void objects.delete(name),
    }
    const parts = { place, topicName: 'feed.users.v1', identity: null, lows: [6] }
    const topic = await openArchivedTopic(parts)
    expect(topic.firsts).toEqual([0])
    expect(await topic.offsetAt(0, NOON + 1)).toBe(4)
    expect(await topic.offsetAt(0, NOON + 3)).toBeNull()
    const earlier = topic.from([0])
    expect(earlier.until(0)).toBe(10)
    const read = await earlier.read(0, 3)
    expect([read.records.map(({ offset }) => offset), read.nextOffset]).toEqual([[4, 8], 10])
    await place.put(file(0, 10).name, whole.subarray(0, whole.length - 9))
    await expect(earlier.read(0, 0)).rejects.toThrow('cannot be read at feed.users.v1/date=2026-11-29/p0-')
    await place.put('feed.users.v1/topic.json', Buffer.from('{"topic":"a"}'))
    await expect(openArchivedTopic({ ...parts, identity: 'b' })).rejects.toThrow('of another topic')
  })
})
