import { primariesOf, type RedisClient } from '#streams'
import { parseFence } from './fence.ts'
import type { StateKey, StoreReading } from './state-store.ts'

/** Behind a fence's key: what is kept of all its entities together. */
export const ACTIVITY_SUFFIX = '@active'

/** Key names of one namespace; applyCommand makes the same. */
export interface StoreKeys {
  fence(tag: string): string
  /** Which topic of its name the fence is for. */
  identity(tag: string): string
  /** When its entities were active. */
  activity(tag: string): string
  state(tag: string, id: string): string
}

export const storeKeys = (namespace: string): StoreKeys => ({
  fence: (tag) => `${namespace}:${tag}`,
  identity: (tag) => `${namespace}:${tag}@topic`,
  activity: (tag) => `${namespace}:${tag}${ACTIVITY_SUFFIX}`,
  state: (tag, id) => `${namespace}:${tag}:${id}`,
})

/** One call to Redis, with the store's deadline and patience. */
export type Ask = <T>(operation: string, call: () => Promise<T>) => Promise<T>

export interface RedisReading {
  redis: RedisClient
  keys: StoreKeys
  ask: Ask
  readKeysMax: number
}

const SCAN_COUNT = 1_000

/** Fences and blobs, and the fences the blobs were written behind, in as few MGETs as may be: a Cluster wants one per tag. */
export async function readStates(
  { redis, keys, ask, readKeysMax }: RedisReading,
  wanted: { fences: readonly string[]; blobs: readonly StateKey[] },
): Promise<StoreReading> {
  const tags = [...new Set([...wanted.fences, ...wanted.blobs.map(({ tag }) => tag)])]
  const names = tags.map(keys.fence)
  for (const { tag, id } of wanted.blobs) names.push(keys.state(tag, id))
  const mget = (some: string[]) => ask('read states', () => redis.mgetBuffer(some))
  const tagAt = (at: number) => tags[at] ?? wanted.blobs[at - tags.length]?.tag ?? ''
  const values = redis.isCluster
    ? await valuesByTag(mget, names, tagAt, readKeysMax)
    : await valuesInOrder(mget, names, readKeysMax)
  const fences = new Map(
    tags.map((tag, i) => [tag, values[i] ? parseFence(values[i].toString('latin1')) : null]),
  )
  return {
    fences: wanted.fences.map((tag) => fences.get(tag) ?? null),
    blobs: wanted.blobs.map(({ tag }, i) =>
      blobOf(values[tags.length + i] ?? null, fences.get(tag)?.storeId),
    ),
  }
}

type Mget = (some: string[]) => Promise<(Buffer | null)[]>

async function valuesInOrder(mget: Mget, names: string[], keysMax: number): Promise<(Buffer | null)[]> {
  const values: (Buffer | null)[] = []
  for (let first = 0; first < names.length; first += keysMax)
    for (const value of await mget(names.slice(first, first + keysMax))) values.push(value)
  return values
}

/** All are sent before the first is answered: one round trip for each server, whatever the number of tags. */
async function valuesByTag(
  mget: Mget,
  names: string[],
  tagAt: (at: number) => string,
  keysMax: number,
): Promise<(Buffer | null)[]> {
  const placesOf = new Map<string, number[]>()
  for (const at of names.keys()) {
    const places = placesOf.get(tagAt(at))
    if (places === undefined) placesOf.set(tagAt(at), [at])
    else places.push(at)
  }
  const values = new Array<Buffer | null>(names.length).fill(null)
  await Promise.all(
    [...placesOf.values()].map(async (places) => {
      const found = await valuesInOrder(
        mget,
        places.map((at) => names[at]!),
        keysMax,
      )
      for (const [i, at] of places.entries()) values[at] = found[i] ?? null
    }),
  )
  return values
}

/** Of one partition, as it was last applied; null: none, or of a store that lost data since. */
export async function readActivity({ redis, keys, ask }: RedisReading, tag: string): Promise<Buffer | null> {
  const wanted = [keys.fence(tag), keys.activity(tag)]
  const [fence, value] = await ask('read what was active', () => redis.mgetBuffer(wanted))
  return fence ? blobOf(value ?? null, parseFence(fence.toString('latin1')).storeId) : null
}

/** Of several partitions. */
export function readFences(redis: RedisClient, keys: string[]): Promise<(string | null)[]> {
  return redis.isCluster ? Promise.all(keys.map((key) => redis.get(key))) : redis.mget(keys)
}

/** Every state of a partition, each once. A Cluster is moving slots now and then: all its servers are asked. */
export async function* scanStates(
  reading: RedisReading,
  tag: string,
): AsyncGenerator<{ id: string; blob: Buffer }> {
  const seen = new Set<string>()
  for (const server of primariesOf(reading.redis)) yield* scanServer(reading, server, tag, seen)
}

async function* scanServer(
  reading: RedisReading,
  server: RedisClient,
  tag: string,
  seen: Set<string>,
): AsyncGenerator<{ id: string; blob: Buffer }> {
  const { keys, ask } = reading
  const prefix = keys.state(tag, '')
  let cursor = '0'
  do {
    const [next, found] = await ask('list states', () =>
      server.scan(cursor, 'MATCH', `${globEscaped(prefix)}*`, 'COUNT', SCAN_COUNT),
    )
    cursor = next
    const ids = found.map((key) => key.slice(prefix.length)).filter((id) => !seen.has(id))
    const { blobs } = await readStates(reading, { fences: [], blobs: ids.map((id) => ({ tag, id })) })
    for (const [index, id] of ids.entries()) {
      seen.add(id)
      const blob = blobs[index]
      if (blob) yield { id, blob }
    }
  } while (cursor !== '0')
}

/** A value is the id of the store it was written in, then the blob; one from before the fence was born is no state. */
function blobOf(value: Buffer | null, storeId: string | undefined): Buffer | null {
  if (value === null || storeId === undefined) return null
  const idLength = storeId.length
  return value.toString('latin1', 0, idLength) === storeId ? value.subarray(idLength) : null
}

const globEscaped = (text: string) => text.replace(/[*?[\]\\]/g, (special) => `\\${special}`)
