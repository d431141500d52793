import type { Redis } from 'ioredis'
import { parseFence } from './fence.ts'
import type { StateKey, StoreReading } from './state-store.ts'

/** Key names of one namespace; applyCommand makes the same. */
export interface StoreKeys {
  fence(tag: string): string
  /** Which topic of its name the fence is for. */
  identity(tag: string): string
  state(tag: string, id: string): string
}

export const storeKeys = (namespace: string): StoreKeys => ({
  fence: (tag) => `${namespace}:${tag}`,
  identity: (tag) => `${namespace}:${tag}@topic`,
  state: (tag, id) => `${namespace}:${tag}:${id}`,
})

/** One call to Redis, with the store's deadline and patience. */
export type Ask = <T>(operation: string, call: () => Promise<T>) => Promise<T>

export interface RedisReading {
  redis: Redis
  keys: StoreKeys
  ask: Ask
  readKeysMax: number
}

const SCAN_COUNT = 1_000

/** Fences and blobs, and the fences the blobs were written behind, in as few MGETs as may be. */
export async function readStates(
  { redis, keys, ask, readKeysMax }: RedisReading,
  wanted: { fences: readonly string[]; blobs: readonly StateKey[] },
): Promise<StoreReading> {
  const tags = [...new Set([...wanted.fences, ...wanted.blobs.map(({ tag }) => tag)])]
  const names = tags.map(keys.fence)
  for (const { tag, id } of wanted.blobs) names.push(keys.state(tag, id))
  const values: (Buffer | null)[] = []
  for (let first = 0; first < names.length; first += readKeysMax) {
    const some = names.slice(first, first + readKeysMax)
    for (const value of await ask('read states', () => redis.mgetBuffer(some))) values.push(value)
  }
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

/** Every state of a partition, each once. */
export async function* scanStates(
  reading: RedisReading,
  tag: string,
): AsyncGenerator<{ id: string; blob: Buffer }> {
  const { redis, keys, ask } = reading
  const prefix = keys.state(tag, '')
  let cursor = '0'
  const seen = new Set<string>()
  do {
    const [next, found] = await ask('list states', () =>
      redis.scan(cursor, 'MATCH', `${globEscaped(prefix)}*`, 'COUNT', SCAN_COUNT),
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
