import {
  createRedis,
  explainRedis,
  OperatorError,
  primariesOf,
  type RedisAddress,
  type RedisClient,
  redisPlace,
  refuseUnservedSlots,
  watchCauses,
} from '#streams'
import { StoreEvictsError, StoreUnreachableError } from './errors.ts'

const CONNECT_TIMEOUT_MS = 3_000
const RECONNECT_DELAY_MS_MAX = 1_000

export interface RedisConnection {
  redis: RedisClient
  /** Why a command failed, in a sentence; null when it is a plain outage. */
  explain(error: unknown): string | null
}

/** A connection that answers or fails at once, never queues, and never sends twice. Throws as openRedisStore does. */
export async function connectRedis(where: RedisAddress, commandTimeoutMs: number): Promise<RedisConnection> {
  const place = redisPlace(where)
  const redis = createRedis(where, {
    lazyConnect: true,
    enableOfflineQueue: false,
    enableAutoPipelining: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    connectTimeout: CONNECT_TIMEOUT_MS,
    commandTimeout: commandTimeoutMs,
    retryStrategy: (attempt) => Math.min(50 * attempt, RECONNECT_DELAY_MS_MAX),
    // After a fail-over the same name may lead elsewhere.
    reconnectOnError: (error) => /\bREADONLY\b/.test(error.message),
  })
  const causeOf = watchCauses(redis)
  try {
    // ioredis' own deadlines do not cover the INFO of its ready check: a mute port would hang for ever.
    await within(CONNECT_TIMEOUT_MS + commandTimeoutMs, redis.connect())
    refuseUnservedSlots(redis)
    for (const server of primariesOf(redis)) await refuseEviction(server, place)
  } catch (cause) {
    redis.disconnect()
    if (cause instanceof StoreEvictsError) throw cause
    const explained = explainRedis(causeOf(cause), where)
    throw explained instanceof OperatorError ? explained : new StoreUnreachableError(place, explained)
  }
  return {
    redis,
    explain(error) {
      const explained = explainRedis(causeOf(error), where)
      return explained instanceof OperatorError ? explained.message : null
    },
  }
}

/** Eviction would lose states without a trace. A user without the right to ask is believed. */
async function refuseEviction(redis: RedisClient, address: string): Promise<void> {
  const memory = await redis.info('memory').catch((error: unknown) => {
    if (error instanceof Error && error.message.startsWith('NOPERM')) return ''
    throw error
  })
  const policy = /maxmemory_policy:(\S+)/.exec(memory)?.[1] ?? 'noeviction'
  if (policy !== 'noeviction') throw new StoreEvictsError(address, policy)
}

async function within<T>(limitMs: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${String(limitMs)} ms`)), limitMs)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
