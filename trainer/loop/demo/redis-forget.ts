import { createRedis, type RedisAddress } from '#streams'

const SCAN_COUNT = 1_000

/** Deletes every key whose hash tag begins with the loop's topic prefix. Costs one scan of the database. */
export async function forgetStates(address: RedisAddress, prefix: string): Promise<void> {
  const redis = createRedis(address, { lazyConnect: true, enableOfflineQueue: false })
  redis.on('error', () => undefined) // the commands below fail with it
  await redis.connect()
  try {
    let cursor = '0'
    do {
      const [next, keys] = await redis.scan(cursor, 'MATCH', `*{${prefix}.*`, 'COUNT', SCAN_COUNT)
      cursor = next
      if (keys.length > 0) await redis.unlink(keys)
    } while (cursor !== '0')
  } finally {
    redis.disconnect()
  }
}
