import { setTimeout as sleep } from 'node:timers/promises'
import { primariesOf, type RedisAddress, type RedisClient } from '#streams'
import { parseFence } from '../fence.ts'
import { connectRedis } from '../redis-connect.ts'
import { evaluate, scriptOf } from '../redis-scripts.ts'
import { lastHeardMs } from '../state/blob.ts'

export interface SweepOptions {
  prefix: string
  /** Event time without a word, slack included. */
  olderThanMs: number
  commandTimeoutMs?: number
  /** Fences whose states are looked at, by their tags; left out: all, in all namespaces. */
  tags?: ReadonlySet<string>
  sliceKeysMax?: number
  /** Between slices: Redis does other things meanwhile. */
  pauseMs?: number
  signal?: AbortSignal
}

/** Of one kind of states. */
export interface Swept {
  states: 'interactions' | 'item-interactions'
  /** Left. */
  kept: number
  removed: number
}

const KEY = /^(.*:(\{(interactions|item-interactions)\.\d+\}:[0-9a-f]{8})):.+$/s
/** The store's id, a header and three numbers at most: see FORMAT.md. */
const HEAD_BYTES = 8 + 10 + 3 * 8
const STORE_ID_BYTES = 8

/**
 * Looks at every state of users and items once, slowly, and removes those that were last heard of longer ago than
 * `olderThanMs` in their partition's own time, or before the horizon of their partition. Whoever had asked, or folded, would have
 * taken them for nothing already.
 */
export async function sweepExpired(where: RedisAddress, options: SweepOptions): Promise<Swept[]> {
  const {
    prefix,
    olderThanMs,
    tags,
    commandTimeoutMs = 2_000,
    sliceKeysMax = 1_000,
    pauseMs = 2,
    signal,
  } = options
  const { redis } = await connectRedis(where, commandTimeoutMs)
  const script = scriptOf('expire')
  const swept = {
    interactions: { states: 'interactions', kept: 0, removed: 0 },
    'item-interactions': { states: 'item-interactions', kept: 0, removed: 0 },
  } as const satisfies Record<string, Swept>
  const limits = new Map<string, Promise<number>>()

  /** Event time before which the states behind a fence are over. */
  async function limitOf(fence: string): Promise<number> {
    const text = await redis.get(fence)
    if (text === null) return -1
    const { streamTimeMs, horizonMs = -1 } = parseFence(text)
    return Math.max(horizonMs, streamTimeMs - olderThanMs)
  }

  async function look(key: string): Promise<void> {
    const [, fence, tag, states] = KEY.exec(key) ?? []
    if (fence === undefined || tag === undefined || tags?.has(tag) === false) return
    const told: Swept = swept[states as Swept['states']]
    const head = await redis.getrangeBuffer(key, 0, HEAD_BYTES - 1)
    let limit = limits.get(fence)
    if (limit === undefined) limits.set(fence, (limit = limitOf(fence)))
    const isOver = lastHeardMs(head.subarray(STORE_ID_BYTES)) < (await limit)
    const removed = isOver
      ? await evaluate(script, ({ name, script }) => redis[name](script, 1, key, head))
      : 0
    if (Number(removed) === 1) told.removed++
    else told.kept++
  }

  try {
    for (const server of primariesOf(redis))
      for await (const keys of slicesOf(server, prefix, sliceKeysMax)) {
        if (signal?.aborted === true) return Object.values(swept)
        limits.clear() // it moves while this goes on
        await Promise.all(keys.map(look))
        await sleep(pauseMs)
      }
    return Object.values(swept)
  } finally {
    redis.disconnect()
  }
}

async function* slicesOf(server: RedisClient, prefix: string, count: number): AsyncGenerator<string[]> {
  const glob = `${prefix.replace(/[*?[\]\\]/g, (special) => `\\${special}`)}:*`
  let cursor = '0'
  do {
    const [next, keys] = await server.scan(cursor, 'MATCH', glob, 'COUNT', count)
    cursor = next
    yield keys
  } while (cursor !== '0')
}
