import { createRedis, type RedisAddress, type RedisClient } from '#streams'
import { topicCatalogue } from '#schemas'
import { compileFeatureSet } from '../feature-set.ts'
import { openRedisStore } from '../redis-store.ts'
import { remaining } from '../state/decay.ts'
import { decodeState } from '../state/blob.ts'
import { spellOut } from '../state/spell-out.ts'
import { partitionTag } from '../state-store.ts'
import { BUCKET_MINUTES, benchFeatures, HALF_LIFE_MINUTES, WINDOW_MINUTES } from './bench-features.ts'
import type { Task } from './contest.ts'
import type { Expected } from './oracle.ts'

const HALF_LIFE_MS = HALF_LIFE_MINUTES * 60_000
const BUCKETS = WINDOW_MINUTES / BUCKET_MINUTES

/** What a contestant left in Redis, by user or item id. */
export type FinalStates = (task: Task, partitions: number) => Promise<Map<string, Expected>>

const fadedTo = (decayed: number, fromMs: number, toMs: number) =>
  decayed * remaining(toMs - fromMs, HALF_LIFE_MS)
const sum = (counts: Iterable<number>) => [...counts].reduce((total, count) => total + count, 0)

export const feedloopStates: FinalStates = async ({ redis: address, prefix }, partitions) => {
  const states = new Map<string, Expected>()
  const { layouts } = compileFeatureSet(benchFeatures())
  const topics = topicCatalogue({ prefix, partitions, replicationFactor: 1 })
  const store = await openRedisStore(address, prefix)
  for (const [topic, layout] of [
    ['interactions', layouts.user],
    ['itemInteractions', layouts.item],
  ] as const) {
    const place = (types: string, halfLifeMs: number | null) =>
      layout.counters.findIndex((slot) => slot.types.join() === types && slot.halfLifeMs === halfLifeMs)
    const [views, clicks, decayed] = [place('view', null), place('click', null), place('click', HALF_LIFE_MS)]
    for (let partition = 0; partition < partitions; partition++) {
      for await (const { id, blob } of store.scan(partitionTag(topics[topic].name, partition, layout.id))) {
        const state = spellOut(layout, decodeState(layout, blob))
        states.set(id, {
          views: state.counters[views]!,
          clicks: state.counters[clicks]!,
          decayed: state.counters[decayed]!,
          windowed: sum(state.windows[0]!.counts),
          lastAtMs: state.recencies[0]!,
        })
      }
    }
  }
  await store.close()
  return states
}

export const handwrittenStates: FinalStates = ({ redis: address, prefix }) =>
  everyKey(address, prefix, async (redis, key) => {
    const fields = await redis.hgetall(key)
    const number = (field: string) => Number(fields[field] ?? 0)
    const buckets = Object.keys(fields).filter((field) => /^b\d+$/.test(field))
    const newest = Math.max(...buckets.map((field) => Number(field.slice(1))))
    const recent = buckets.filter((field) => newest - Number(field.slice(1)) < BUCKETS)
    return {
      views: number('views'),
      clicks: number('clicks'),
      decayed: fadedTo(number('decayed'), number('clickedAtMs'), number('lastAtMs')),
      windowed: sum(recent.map(number)),
      lastAtMs: number('lastAtMs'),
    }
  })

/** The layout of StreamsPeer.fold. */
export const streamsPeerStates: FinalStates = ({ redis: address, prefix }) =>
  everyKey(address, prefix, async (redis, key) => {
    const bytes = (await redis.getBuffer(key))!
    const buckets = Array.from({ length: BUCKETS }, (_, k) => ({
      bucket: bytes.readInt32BE(40 + k * 8),
      clicks: bytes.readInt32BE(44 + k * 8),
    }))
    const newest = Math.max(...buckets.map(({ bucket }) => bucket))
    const lastAtMs = Number(bytes.readBigInt64BE(24))
    return {
      views: bytes.readInt32BE(0),
      clicks: bytes.readInt32BE(4),
      decayed: fadedTo(bytes.readDoubleBE(8), Number(bytes.readBigInt64BE(16)), lastAtMs),
      windowed: sum(buckets.filter(({ bucket }) => newest - bucket < BUCKETS).map(({ clicks }) => clicks)),
      lastAtMs,
    }
  })

async function everyKey(
  address: RedisAddress,
  prefix: string,
  stateOf: (redis: RedisClient, key: string) => Promise<Expected>,
): Promise<Map<string, Expected>> {
  const redis = createRedis(address)
  const states = new Map<string, Expected>()
  let cursor = '0'
  do {
    const [next, keys] = await redis.scan(cursor, 'MATCH', `${prefix}:*`, 'COUNT', 1_000)
    cursor = next
    for (const [n, state] of (await Promise.all(keys.map((key) => stateOf(redis, key)))).entries())
      states.set(keys[n]!.slice(prefix.length + 1), state)
  } while (cursor !== '0')
  redis.disconnect()
  return states
}
