import {
  createRedis,
  explainRedis,
  primariesOf,
  type RedisAddress,
  type RedisClient,
  watchCauses,
} from '#streams'

const SCAN_COUNT = 1_000

/** Deletes every key whose hash tag begins with the loop's topic prefix. Costs one scan of every server. */
export async function forgetStates(address: RedisAddress, prefix: string): Promise<void> {
  const redis = createRedis(address, { lazyConnect: true, enableOfflineQueue: false })
  const causeOf = watchCauses(redis)
  try {
    await redis.connect()
    for (const server of primariesOf(redis)) await forgetOn(server, prefix)
  } catch (error) {
    throw explainRedis(causeOf(error), address)
  } finally {
    redis.disconnect()
  }
}

async function forgetOn(server: RedisClient, prefix: string): Promise<void> {
  let cursor = '0'
  do {
    const [next, keys] = await server.scan(cursor, 'MATCH', `*{${prefix}.*`, 'COUNT', SCAN_COUNT)
    cursor = next
    // One by one: on a Cluster the keys of one call must share a slot.
    await Promise.all(keys.map((key) => server.unlink(key)))
  } while (cursor !== '0')
}
