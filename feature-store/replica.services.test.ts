import { afterEach, expect, test } from 'vitest'
import { createRedis, readingAddress, streamsConfigSchema } from '#streams'
import { startOwnRedis, until } from '#streams/testing'
import { openFeedStore } from './commands.ts'
import { featureStoreConfigSchema } from './config.ts'

const cleanups: (() => Promise<unknown> | void)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

test('who only reads reads a replica, with the fences that the replica has', async () => {
  const primary = await startOwnRedis()
  cleanups.push(() => primary.close())
  const replica = await startOwnRedis({ settings: { replicaof: `127.0.0.1 ${String(primary.port)}` } })
  cleanups.push(() => replica.close())
  const { prefix } = streamsConfigSchema.parse({ prefix: 'replicas' })
  const config = { prefix, features: featureStoreConfigSchema.parse({}) }
  const address = {
    ...primary.address,
    readFrom: 'replica',
    replica: `127.0.0.1:${String(replica.port)}`,
  } as const
  const owner = await openFeedStore(address, config, 'owner')
  cleanups.push(() => owner.close())
  const reader = await openFeedStore(address, config)
  cleanups.push(() => reader.close())
  const tag = '{interactions.0}:01234567'
  const fence = await owner.acquire(tag, { startOffset: 0, rebuildUntilOffset: 5 })
  const write = (expectedOffset: number, nextOffset: number) =>
    owner.apply({
      ...{ tag, storeId: fence.storeId, epoch: fence.epoch, expectedOffset, nextOffset },
      ...{
        writes: [{ id: 'u', blob: Buffer.from(String(nextOffset)) }],
        deletes: [],
        sourceHighs: new Map(),
      },
      ...{ streamTimeMs: nextOffset, appliedAtMs: 1 },
    })
  const read = async () => {
    const { fences, blobs } = await reader.read({ fences: [tag], blobs: [{ tag, id: 'u' }] })
    return [fences[0]?.nextOffset, blobs[0]?.toString()]
  }
  expect(await write(0, 5)).toEqual({ kind: 'applied' })
  await until('the replica to have it', async () => (await read())[0] === 5)
  // Cut off from its primary, it goes on answering with what it has, and says how old that is.
  const redis = createRedis({ url: replica.url })
  cleanups.push(() => redis.disconnect())
  await redis.call('REPLICAOF', 'NO', 'ONE')
  expect(await write(5, 9)).toEqual({ kind: 'applied' })
  expect(await read()).toEqual([5, '5'])
  expect((await owner.read({ fences: [tag], blobs: [] })).fences[0]).toMatchObject({ nextOffset: 9 })
})

test('a replica that nobody named is asked for', () => {
  expect(() => readingAddress({ url: 'redis://h:1', readFrom: 'replica' })).toThrow(
    /name it in redis.replica/,
  )
  expect(readingAddress({ url: 'redis://h:1' })).toEqual({ url: 'redis://h:1' })
})
