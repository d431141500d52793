import { randomUUID } from 'node:crypto'
import type { RedisClient } from '../redis-client.ts'

export interface RefusedCommand {
  command: string
  /** As Redis says it. */
  message: string
}

/** So that the key goes away even when this user may not delete it. */
const KEY_MS = 10_000
/** The hash of no script: Redis answers NOSCRIPT to a user who has the right. */
const NO_SHA1 = '0'.repeat(40)

/** SET comes after MSET, because MSET cannot set a time to live. */
const attemptsOn = (key: string) =>
  [
    ['mset', key, 'x'],
    ['set', key, 'x', 'PX', KEY_MS],
    ['get', key],
    ['mget', key],
    ['scan', 0, 'MATCH', key],
    ['eval', "return redis.call('GET', KEYS[1])", 1, key],
    ['evalsha', NO_SHA1, 1, key],
    ['unlink', key],
    ['del', key],
  ] as const

/** All that features and scorer ask of Redis. The store's own test and OPERATIONS.md are held to it. */
export const REDIS_COMMANDS: readonly string[] = attemptsOn('').map(([command]) => command)

/**
 * Does what features and scorer do in Redis, with a key of its own that is gone afterwards.
 *
 * @returns what was refused, for want of a right or for any other reason; empty when all may be done
 * @throws when Redis does not answer
 */
export async function refusedCommands(redis: RedisClient, prefix: string): Promise<RefusedCommand[]> {
  const key = `${prefix}:{doctor}:${randomUUID()}`
  const refused: RefusedCommand[] = []
  for (const [command, ...args] of attemptsOn(key)) {
    try {
      await redis.call(command, ...args)
    } catch (error) {
      if (!isAnswer(error)) throw error
      if (!error.message.startsWith('NOSCRIPT')) refused.push({ command, message: error.message })
    }
  }
  return refused
}

/** Redis said so, in contrast to a connection that broke. */
const isAnswer = (error: unknown): error is Error => error instanceof Error && error.name === 'ReplyError'
