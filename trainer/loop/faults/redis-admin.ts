import { Redis } from 'ioredis'
import { until } from '#streams/testing'

/** A few commands on a Redis, on a connection of their own. */
export async function onRedis<T>(url: string, ask: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url, { maxRetriesPerRequest: 2 })
  redis.on('error', () => undefined) // the command tells
  try {
    return await ask(redis)
  } finally {
    redis.disconnect()
  }
}

export const emptyRedis = (url: string): Promise<unknown> => onRedis(url, (redis) => redis.flushall())

export const configureRedis = (url: string, setting: string, value: string | number): Promise<unknown> =>
  onRedis(url, (redis) => redis.config('SET', setting, String(value)))

/** Resolves when a replica has everything its master had when it was asked to follow. */
export const replicaInSync = (url: string): Promise<unknown> =>
  onRedis(url, (redis) =>
    until('the replica to be in sync', async () =>
      /master_link_status:up/.test(await redis.info('replication')),
    ),
  )

export const becomeMaster = (url: string): Promise<unknown> =>
  onRedis(url, (redis) => redis.replicaof('NO', 'ONE'))

/** Whether it could not append to its file the last time. */
export const refusesToWrite = (url: string): Promise<boolean> =>
  onRedis(url, async (redis) => /aof_last_write_status:err/.test(await redis.info('persistence')))

const ROUND_TRIPS = 51

/** Median of a small question. */
export const roundTripMs = (url: string): Promise<number> =>
  onRedis(url, async (redis) => {
    await redis.ping()
    const took: number[] = []
    for (let n = 0; n < ROUND_TRIPS; n++) {
      const startMs = performance.now()
      await redis.ping()
      took.push(performance.now() - startMs)
    }
    return took.sort((a, b) => a - b)[Math.floor(ROUND_TRIPS / 2)]!
  })
