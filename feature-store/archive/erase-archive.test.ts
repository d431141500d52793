import { expect, it } from 'vitest'
import type { Erasure, Interaction, ItemInteractions } from '#schemas'
import type { RawRecord } from '#streams'
import { createTopologyTestDriver } from '#streams/testing'
import { archiveFileName } from './archive-names.ts'
import type { ArchivePlace } from './archive-place.ts'
import { eraseFromArchive } from './erase-archive.ts'
import { archiveBytes, readArchive } from './fs-archive-parquet.ts'

const NOON = Date.parse('2026-11-29T12:00:00Z')

async function archiveOf() {
  const driver = await createTopologyTestDriver({ seed: 1 })
  const { codec } = driver
  const objects = new Map<string, Uint8Array>()
  const place: ArchivePlace = {
    where: 'DIR',
    put: async (name, bytes) => void objects.set(name, bytes),
    list: async (prefix) =>
      [...objects]
        .filter(([name]) => name.startsWith(prefix))
        .map(([name, bytes]) => ({ name, bytes: bytes.length })),
    get: async (name) => objects.get(name) ?? null,
    remove: async (name) => void objects.delete(name),
  }
  const put = (topicName: string, records: RawRecord[]) => {
    const footer = { topicName, partition: 0, firstOffset: 0, nextOffset: 10 }
    const name = archiveFileName({ ...footer, day: '2026-11-29' })
    objects.set(name, archiveBytes(records, footer))
    return async () => (await readArchive(objects.get(name)!)).records
  }
  const at = (offset: number, key: string, value: Buffer | null): RawRecord => ({
    ...{ partition: 0, offset, brokerTimeMs: NOON, isProducerTime: true, key: Buffer.from(key), value },
  })
  const names = { user: driver.topicName('interactions'), item: driver.topicName('itemInteractions') }
  const erase = (entity: 'user' | 'item', id: string, offset: number) => {
    const upTo = [{ topic: names[entity], partition: 0, offset }]
    const erasure: Erasure = { entity, id, erasureId: 'e', askedBy: 'command', askedAtMs: NOON, upTo }
    return eraseFromArchive({ place, erasure, codec, topicName: (topic) => driver.topicName(topic) })
  }
  return { codec, objects, put, at, names, erase }
}

const interaction = (userId: string, n: number): Interaction => ({
  ...{ interactionId: String(n), userId, itemId: 'i1', type: 'view', occurredAtMs: NOON },
  ...{ requestId: null, position: null, value: null },
})

it('writes files again without a user, under their names, and leaves what came after the erasure', async () => {
  const { codec, objects, put, at, names, erase } = await archiveOf()
  const of = (userId: string, n: number) =>
    at(n, userId, codec.encode('interactions', interaction(userId, n)))
  const read = put(names.user, [of('u-1', 0), of('u-12', 1), of('u-1', 2), at(3, 'u-1', null), of('u-1', 4)])
  const before = [...objects.keys()]
  expect(await erase('user', 'u-1', 4)).toMatchObject([
    { place: `DIR/${names.user}`, found: '3 records in 1 files', done: 'rewritten' },
  ])
  expect((await read()).map(({ offset }) => offset)).toEqual([1, 4])
  expect([...objects.keys()]).toEqual(before)
  expect(await erase('user', 'u-1', 4)).toMatchObject([{ place: 'DIR', found: 'nothing', done: 'nothing' }])
  await erase('user', 'u-1', 10)
  for (const bytes of objects.values()) expect(Buffer.from(bytes).includes('u-1\u0000')).toBe(false)
})

it('takes an item out of bundles of copies, and a bundle that held nothing else', async () => {
  const { codec, put, at, names, erase } = await archiveOf()
  const bundle = (...itemIds: string[]): ItemInteractions => ({
    ...{ sourcePartition: 0, types: ['view'] },
    items: itemIds.map((itemId, n) => ({
      itemId,
      copies: [{ typeIndex: 0, occurredAtMs: NOON, sourceOffset: 5 + n }],
    })),
    details: itemIds.map((_, n) => ({ sourceOffset: 5 + n, value: n, recentItems: [] })),
  })
  // The key of a bundle is a partition's number, and may look like an item's id.
  const of = (n: number, ...itemIds: string[]) =>
    at(n, '0', codec.encode('itemInteractions', bundle(...itemIds)))
  const read = put(names.item, [of(0, 'i1', 'i2'), of(1, 'i1'), of(2, 'i2'), at(3, 'i1', null)])
  expect(await erase('item', 'i1', 4)).toMatchObject([
    { found: '3 records in 1 files', done: 'rewritten' },
    { place: 'DIR, interactions', done: 'nothing' },
  ])
  const left = await read()
  expect(left.map(({ offset }) => offset)).toEqual([0, 2])
  const { items, details } = codec.decode('itemInteractions', left[0]!.value!)
  expect(items.map(({ itemId }) => itemId)).toEqual(['i2'])
  expect(details.map(({ sourceOffset }) => sourceOffset)).toEqual([6])
  expect(await erase('item', '0', 4)).toMatchObject([{ done: 'nothing' }])
  expect(await read()).toHaveLength(2)
})
