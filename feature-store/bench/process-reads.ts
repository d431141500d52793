import { Command, InvalidArgumentError } from 'commander'
import { createChance } from '#schemas/testing'
import {
  createRedis,
  partitionOf,
  type RedisClient,
  type Runtime,
  silentLogger,
  silentSignals,
} from '#streams'
import { startOwnRedis, tableText, writeResults } from '#streams/testing'
import { featureStoreConfigSchema } from '../config.ts'
import { compileFeatureSet } from '../feature-set.ts'
import { smoothedRate, windowedCount } from '../kinds/index.ts'
import { createFeatureReader } from '../reader.ts'
import { openRedisStore } from '../redis-store.ts'
import { encodeState } from '../state/blob.ts'
import { EntityState } from '../state/entity-state.ts'
import { fold } from '../state/fold.ts'
import { partitionTag, type StateStore } from '../state-store.ts'
import { readsTable, type ReadsRound } from './reads.ts'

const ITEMS = 10_000
const READ = 100
const COLUMNS = 32
const PARTITIONS = 4
const NOW = 1_767_225_600_000
const TYPES = ['view', 'click', 'like', 'hide']
const FLOOR = 'MGET of as many bytes: the floor'

/** 16 windows and 16 rates with their `missing` columns: at least 32 columns, of items alone. */
const config = featureStoreConfigSchema.parse({
  features: TYPES.flatMap((type) => [
    ...[30, 60, 180, 360].map((windowMinutes) =>
      windowedCount({ entity: 'item', of: [type], windowMinutes, bucketMinutes: windowMinutes / 6 }),
    ),
    ...[15, 45, 120, 480].map((halfLifeMinutes) =>
      smoothedRate({ entity: 'item', of: [type], per: ['view'], strength: 10, prior: 0.1, halfLifeMinutes }),
    ),
  ]).slice(0, COLUMNS),
})
const featureSet = compileFeatureSet(config)

const positive = (text: string): number => {
  const value = Number(text)
  if (Number.isInteger(value) && value > 0) return value
  throw new InvalidArgumentError('must be a positive whole number.')
}

await new Command('reads')
  .description(
    `reads of ${String(READ)} items, in process: feedloop beside a hash per item (Feast's layout) and raw bytes`,
  )
  .option('--json <file>', 'write all numbers there')
  .option('--rounds <n>', 'the contestants in turn, so often', positive, 5)
  .option('--reads <n>', 'of each contestant in a round', positive, 2_000)
  .action(async ({ json, rounds, reads }: { json?: string; rounds: number; reads: number }) => {
    const redis = await startOwnRedis()
    try {
      const measured = await measure(redis.address, rounds, reads)
      const table = readsTable(measured, FLOOR)
      process.stdout.write(`${tableText(table)}\n`)
      if (json !== undefined)
        writeResults(json, 'bench', { tables: { reads: table }, details: { columns: featureSet.width } })
    } finally {
      await redis.close()
    }
  })
  .parseAsync(process.argv.slice(3), { from: 'user' })

type Read = (ids: readonly string[]) => Promise<number>

async function measure(
  address: Parameters<typeof createRedis>[0],
  rounds: number,
  reads: number,
): Promise<ReadsRound[]> {
  const redis = createRedis(address)
  const store = await openRedisStore(address, 'reads')
  const runtime = runtimeOf()
  await fill(store, redis, runtime)
  const reader = createFeatureReader({ runtime, store, featureSet })
  const tags = Array.from({ length: PARTITIONS }, (_, partition) =>
    partitionTag(runtime.topicName('itemInteractions'), partition, featureSet.layouts.item.id),
  )
  const contestants: [string, Read][] = [
    [
      `feedloop: vectors of ${String(featureSet.width)} columns`,
      async (itemIds) => {
        const answer = await reader.read([{ userId: 'u', itemIds, context: [], occurredAtMs: NOW }])
        if (answer.kind !== 'vectors') throw new Error(`the reader answered ${answer.kind}`)
        return answer.vectors.vectors.length
      },
    ],
    [
      'feedloop: its fenced states, not computed',
      async (ids) => {
        const blobs = ids.map((id) => ({ tag: tags[partitionOf(id, PARTITIONS)]!, id }))
        return (await store.read({ fences: tags, blobs })).blobs.length
      },
    ],
    [
      `HGETALL per item, ${String(COLUMNS)} fields, pipelined (Feast's layout)`,
      (ids) => readHashes(redis, ids),
    ],
    [FLOOR, async (ids) => (await redis.mgetBuffer(ids.map((id) => `raw:${id}`))).length],
  ]
  const measured: ReadsRound[] = []
  // The first round warms the code up, and is not counted.
  for (let round = 0; round <= rounds; round++)
    for (const [contestant, read] of contestants) {
      const millis = await timed(read, reads, round)
      if (round > 0) measured.push({ contestant, millis })
    }
  await store.close()
  redis.disconnect()
  return measured
}

async function timed(read: Read, reads: number, seed: number): Promise<number[]> {
  const random = createChance(seed + 1)
  const millis: number[] = []
  for (let n = 0; n < reads; n++) {
    const ids = Array.from({ length: READ }, () => `item-${String(Math.floor(random() * ITEMS))}`)
    const startedMs = performance.now()
    if ((await read(ids)) === 0) throw new Error('nothing was read')
    millis.push(performance.now() - startedMs)
  }
  return millis
}

/** As numbers, as a client of such a store needs them. */
async function readHashes(redis: RedisClient, ids: readonly string[]): Promise<number> {
  const pipeline = redis.pipeline()
  for (const id of ids) pipeline.hgetall(`hash:${id}`)
  const vectors = new Float32Array(ids.length * COLUMNS)
  for (const [row, [, fields]] of (await pipeline.exec())!.entries())
    for (let column = 0; column < COLUMNS; column++)
      vectors[row * COLUMNS + column] = Number((fields as Record<string, string>)[`f${String(column)}`])
  return vectors.length
}

async function fill(store: StateStore, redis: RedisClient, runtime: Runtime): Promise<void> {
  const { item, user, userAttributes, itemAttributes } = featureSet.layouts
  const topics = [
    ['itemInteractions', item],
    ['interactions', user],
    ['users', userAttributes],
    ['items', itemAttributes],
  ] as const
  const tagOf = (topic: (typeof topics)[number][0], layoutId: string, partition: number) =>
    partitionTag(runtime.topicName(topic), partition, layoutId)
  const random = createChance(7)
  const blobs = Array.from({ length: ITEMS }, (_, n) => {
    const state = new EntityState(item)
    for (let at = 0; at < 200; at++)
      fold(item, state, TYPES[Math.floor(random() * 4)]!, NOW - Math.floor(random() * 3_600_000), at)
    return { id: `item-${String(n)}`, blob: encodeState(item, state) }
  })
  for (const [topic, layout] of topics)
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const tag = tagOf(topic, layout.id, partition)
      const { storeId, epoch } = await store.acquire(tag, { startOffset: 0, rebuildUntilOffset: 0 })
      const isOurs = ({ id }: { id: string }) => partitionOf(id, PARTITIONS) === partition
      await store.apply({
        ...{ tag, storeId, epoch, expectedOffset: 0, nextOffset: 1, deletes: [], sourceHighs: new Map() },
        ...{ streamTimeMs: NOW, appliedAtMs: NOW },
        writes: topic === 'itemInteractions' ? blobs.filter(isOurs) : [],
      })
    }
  for (let first = 0; first < ITEMS; first += 1_000) {
    const pipeline = redis.pipeline()
    for (const { id, blob } of blobs.slice(first, first + 1_000)) {
      pipeline.set(`raw:${id}`, blob)
      const fields = Array.from({ length: COLUMNS }, (_, column) => [
        `f${String(column)}`,
        random().toFixed(6),
      ])
      pipeline.hset(`hash:${id}`, Object.fromEntries(fields) as Record<string, string>)
    }
    await pipeline.exec()
  }
}

/** What a reader needs of one. */
function runtimeOf(): Runtime {
  const names = {
    interactions: 'reads.interactions.v1',
    itemInteractions: 'reads.item-interactions.v2',
    users: 'reads.users.v1',
    items: 'reads.items.v1',
  }
  return {
    topicName: (topic: keyof typeof names) => names[topic],
    partitionCount: () => PARTITIONS,
    partitionOf: (_: string, key: string) => partitionOf(key, PARTITIONS),
    clock: { nowMs: () => performance.now() },
    signals: silentSignals,
    log: silentLogger,
  } as unknown as Runtime
}
