import { readFileSync } from 'node:fs'
import { Redis, type RedisOptions } from 'ioredis'
import type { RedisAddress } from './contract.ts'

/** The ioredis client of every command, service, check and test: how it connects is said here and nowhere else. */
export function createRedis(
  { url, username, password, tls }: RedisAddress,
  options: RedisOptions = {},
): Redis {
  return new Redis(url, {
    ...options,
    ...(username
      ? {
          username,
          password: readFileSync(password!.file, 'utf8'),
          tls: { ca: readFileSync(tls!.caFile), servername: 'localhost' },
        }
      : {}),
  })
}

/**
 * A few questions on a connection of their own, each answered in `requestMs` or not at all.
 *
 * @throws why Redis does not answer, or what `ask` throws
 */
export async function askRedisOnce<T>(
  address: RedisAddress,
  requestMs: number,
  ask: (redis: Redis) => Promise<T>,
): Promise<T> {
  const redis = createRedis(address, {
    lazyConnect: true,
    enableReadyCheck: false,
    enableOfflineQueue: false,
    connectTimeout: requestMs,
    commandTimeout: requestMs,
    maxRetriesPerRequest: 0,
    retryStrategy: null,
  })
  // The cause of a failed connect is told here, connect() itself only says "Connection is closed".
  let cause: Error | undefined
  redis.on('error', (error: Error) => {
    cause = error
  })
  try {
    await redis.connect()
    return await ask(redis)
  } catch (error) {
    throw cause ?? error
  } finally {
    redis.disconnect()
  }
}
