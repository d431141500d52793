import { setTimeout as sleep } from 'node:timers/promises'
import { primariesOf, type RedisAddress, type RedisClient } from '#streams'
import { parseFence } from '../fence.ts'
import { connectRedis } from '../redis-connect.ts'
import { evaluate, scriptOf } from '../redis-scripts.ts'
import { ByteReader } from '../state/bytes.ts'

export interface SweepOptions {
  prefix: string
  /** Event time without a word, slack included. */
  olderThanMs: number
  commandTimeoutMs?: number
  sliceKeysMax?: number
  /** Between slices: Redis does other things meanwhile. */
  pauseMs?: number
  signal?: AbortSignal
}

/** Of one kind of states, in all namespaces. */
export interface Swept {
  states: 'interactions' | 'item-interactions'
  /** Left. */
  kept: number
  removed: number
}

const KEY = /^(.*:\{(interactions|item-interactions)\.\d+\}:[0-9a-f]{8}):.+$/s
/** The store's id, a header and three numbers at most: see FORMAT.md. */
const HEAD_BYTES = 8 + 10 + 3 * 8
const STATE_AT = 8 + 10
const STORE_ID_BYTES = 8

/**
 * Looks at every state of users and items once, slowly, and removes those that were last heard of longer ago than
 * `olderThanMs` in their partition's own time. Whoever had asked, or folded, would have taken them for nothing already.
 */
export async function sweepExpired(where: RedisAddress, options: SweepOptions): Promise<Swept[]> {
  const { prefix, olderThanMs, commandTimeoutMs = 2_000, sliceKeysMax = 1_000, pauseMs = 2, signal } = options
  const { redis } = await connectRedis(where, commandTimeoutMs)
  const script = scriptOf('expire')
  const swept = {
    interactions: { states: 'interactions', kept: 0, removed: 0 },
    'item-interactions': { states: 'item-interactions', kept: 0, removed: 0 },
  } as const satisfies Record<string, Swept>
  const streamTimes = new Map<string, number>()

  async function streamTimeMs(fence: string): Promise<number> {
    let known = streamTimes.get(fence)
    if (known === undefined) {
      const text = await redis.get(fence)
      streamTimes.set(fence, (known = text === null ? -1 : parseFence(text).streamTimeMs))
    }
    return known
  }

  async function look(key: string): Promise<void> {
    const [, fence, states] = KEY.exec(key) ?? []
    if (fence === undefined) return
    const told: Swept = swept[states as Swept['states']]
    const head = await redis.getrangeBuffer(key, 0, HEAD_BYTES - 1)
    const isOver = head.length > STATE_AT && lastHeardMs(head) + olderThanMs < (await streamTimeMs(fence))
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
        await Promise.all(keys.map(look))
        await sleep(pauseMs)
      }
    return Object.values(swept)
  } finally {
    redis.disconnect()
  }
}

/** Event time; Infinity: nothing was ever told, or these are no bytes of a state. */
export function lastHeardMs(head: Buffer): number {
  const reader = new ByteReader(head.subarray(STORE_ID_BYTES + 10))
  try {
    reader.varint() // interactions
    reader.varint() // last offset
    const asOfMs = reader.varint() - 1
    return asOfMs < 0 ? Infinity : asOfMs
  } catch {
    return Infinity // too short for a state
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
