import type { Erasure } from '#schemas'
import { primariesOf, type RedisAddress, type RedisClient } from '#streams'
import { connectRedis } from '../redis-connect.ts'
import { askRedis } from '../redis-outage.ts'
import { evaluate, scriptOf } from '../redis-scripts.ts'
import { ByteReader } from '../state/bytes.ts'

/** What became of the keys of erased entities in one namespace. */
export interface ErasedKeys {
  namespace: string
  /** interactions, item-interactions, users or items: whose states. */
  states: string
  /** Removed here: nobody would have folded their tombstone. */
  removed: number
  /** There, but from after the erasure. */
  later: number
  /** Left, for folds look them up: an item's first attributes. */
  kept: number
}

export interface EraseKeysOptions {
  prefix: string
  commandTimeoutMs?: number
  /** Of items that were erased before this moment the first attributes go, too: nobody folds what was before. */
  attributesBeforeMs?: number
  /** Keys looked at in one slice. */
  sliceKeysMax?: number
  /** Keys looked at so far. */
  scanned?(keys: number): void
}

const TOPIC_OF = { interactions: 'user', users: 'user', 'item-interactions': 'item', items: 'item' } as const
type States = keyof typeof TOPIC_OF
const KEY = /^(.*?):\{(interactions|item-interactions|users|items)\.(\d+)\}:([0-9a-f]{8}):(.+)$/s

/**
 * Looks at every key of the feed once, in whatever namespace and layout, and removes the states of erased entities, where the
 * fold that would do so has not come to their tombstone (or never will). Answers what was found, by namespace.
 */
export async function eraseKeys(
  where: RedisAddress,
  erasures: readonly Erasure[],
  options: EraseKeysOptions,
): Promise<ErasedKeys[]> {
  const { prefix, attributesBeforeMs = -Infinity, scanned = () => undefined } = options
  const { commandTimeoutMs = 2_000, sliceKeysMax = 2_000 } = options
  const { redis, explain } = await connectRedis(where, commandTimeoutMs)
  const ask = <T>(call: () => Promise<T>) => askRedis('erase states', call, explain)
  const wanted = new Map(erasures.map((erasure) => [`${erasure.entity}/${erasure.id}`, erasure]))
  const script = scriptOf('erase')
  const unchanged = scriptOf('expire')
  const found = new Map<string, ErasedKeys>()
  let looked = 0

  /** Unless it was described again since. */
  async function eraseAttributes(key: string, upTo: number): Promise<boolean> {
    const value = await ask(() => redis.getBuffer(key))
    if (value === null || lastOffsetOf(value) >= upTo) return false
    const call = evaluate(unchanged, ({ name, script }) => redis[name](script, 1, key, value))
    return Number(await ask(() => call)) === 1
  }

  async function erase(key: string): Promise<void> {
    const place = placeIn(key, prefix)
    if (place === null) return
    const erasure = wanted.get(`${TOPIC_OF[place.states]}/${place.id}`)
    if (erasure === undefined) return
    const at = `${place.namespace}/${place.states}`
    const { namespace, states } = place
    const told = found.get(at) ?? { namespace, states, removed: 0, later: 0, kept: 0 }
    found.set(at, told)
    const upTo = erasure.upTo.find(
      ({ topic, partition }) => partition === place.partition && nameIn(topic) === states,
    )
    if (upTo === undefined) return
    if (states === 'items') {
      const goes = erasure.askedAtMs < attributesBeforeMs && (await eraseAttributes(key, upTo.offset))
      if (goes) told.removed++
      else told.kept++
      return
    }
    const fence = key.slice(0, key.length - place.id.length - 1)
    const answer = await ask(() =>
      evaluate(script, ({ name, script }) => redis[name](script, 2, fence, key, upTo.offset)),
    )
    if (Number(answer) > 0) told.removed++
    if (Number(answer) < 0) told.later++
  }

  try {
    for (const server of primariesOf(redis))
      for await (const keys of keysOf(server, prefix, sliceKeysMax, ask)) {
        for (const key of keys) await erase(key)
        looked += keys.length
        scanned(looked)
      }
    return [...found.values()]
  } finally {
    redis.disconnect()
  }
}

async function* keysOf(
  server: RedisClient,
  prefix: string,
  count: number,
  ask: <T>(call: () => Promise<T>) => Promise<T>,
): AsyncGenerator<string[]> {
  const glob = `${prefix.replace(/[*?[\]\\]/g, (special) => `\\${special}`)}:*`
  let cursor = '0'
  do {
    const [next, keys] = await ask(() => server.scan(cursor, 'MATCH', glob, 'COUNT', count))
    cursor = next
    yield keys
  } while (cursor !== '0')
}

interface Place {
  namespace: string
  states: States
  partition: number
  id: string
}

/** null: it is no state of this feed. */
export function placeIn(key: string, prefix: string): Place | null {
  const [, namespace, states, partition, , id] = KEY.exec(key) ?? []
  if (namespace === undefined || (namespace !== prefix && !namespace.startsWith(`${prefix}:`))) return null
  return { namespace, states: states as States, partition: Number(partition), id: id! }
}

/** Of attributes and states alike: after the store's id and the header, how many records, then the last one's offset + 1. */
function lastOffsetOf(value: Buffer): number {
  const reader = new ByteReader(value.subarray(STORE_ID_BYTES + HEADER_BYTES))
  reader.varint()
  return reader.varint() - 1
}
const STORE_ID_BYTES = 8
const HEADER_BYTES = 10

/** A topic's name without prefix and version. */
const nameIn = (topic: string) => topic.split('.').at(-2)
