import { createRedis, primariesOf, type RedisAddress, type RedisClient } from '#streams'
import { until } from '#streams/testing'

/** A few commands on a Redis, on a connection of their own. */
export async function onRedis<T>(address: RedisAddress, ask: (redis: RedisClient) => Promise<T>): Promise<T> {
  const redis = createRedis(address, { maxRetriesPerRequest: 2 })
  redis.on('error', () => undefined) // the command tells
  try {
    return await ask(redis)
  } finally {
    redis.disconnect()
  }
}

/** Every server of a Cluster that takes writes; its nodes are known once it has answered. */
async function onEach(redis: RedisClient, ask: (server: RedisClient) => Promise<unknown>): Promise<void> {
  await redis.ping()
  await Promise.all(primariesOf(redis).map(ask))
}

export const emptyRedis = (address: RedisAddress): Promise<unknown> =>
  onRedis(address, (redis) => onEach(redis, (server) => server.flushall()))

export const configureRedis = (
  address: RedisAddress,
  setting: string,
  value: string | number,
): Promise<unknown> =>
  onRedis(address, (redis) => onEach(redis, (server) => server.config('SET', setting, String(value))))

/** Resolves when a replica has everything its master had when it was asked to follow. */
export const replicaInSync = (address: RedisAddress): Promise<unknown> =>
  onRedis(address, (redis) =>
    until('the replica to be in sync', async () =>
      /master_link_status:up/.test(await redis.info('replication')),
    ),
  )

export const becomeMaster = (address: RedisAddress): Promise<unknown> =>
  onRedis(address, (redis) => redis.replicaof('NO', 'ONE'))

/** Whether it could not append to its file the last time. */
export const refusesToWrite = (address: RedisAddress): Promise<boolean> =>
  onRedis(address, async (redis) => /aof_last_write_status:err/.test(await redis.info('persistence')))

const ROUND_TRIPS = 51

/** Median of a small question. */
export const roundTripMs = (address: RedisAddress): Promise<number> =>
  onRedis(address, async (redis) => {
    await redis.ping()
    const took: number[] = []
    for (let n = 0; n < ROUND_TRIPS; n++) {
      const startMs = performance.now()
      await redis.ping()
      took.push(performance.now() - startMs)
    }
    return took.sort((a, b) => a - b)[Math.floor(ROUND_TRIPS / 2)]!
  })
