import { createRedis, type RedisClient } from '../redis-client.ts'
import { afterEach, expect, it } from 'vitest'
import { type OwnRedis, startOwnRedis } from './process-own-redis.ts'
import { describeServices } from './services.ts'

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function started(options: Parameters<typeof startOwnRedis>[0] = {}): Promise<OwnRedis> {
  const redis = await startOwnRedis(options)
  cleanups.push(() => redis.close())
  return redis
}

/** One command on a connection of its own. */
async function asked<T>({ url }: OwnRedis, ask: (redis: RedisClient) => Promise<T>): Promise<T> {
  const redis = createRedis(
    { url },
    { maxRetriesPerRequest: 0, commandTimeout: 500, retryStrategy: () => null },
  )
  redis.on('error', () => undefined)
  try {
    return await ask(redis)
  } finally {
    redis.disconnect()
  }
}

describeServices('a Redis of its own', () => {
  it('keeps its port and what it wrote through a kill, and loses what is cut off', async () => {
    const own = await started({ settings: { appendfsync: 'always' } })
    await asked(own, (redis) => redis.set('a', '1'))
    await asked(own, (redis) => redis.set('b', '2'))
    await own.kill()
    expect(await own.isAlive()).toBe(false)
    await own.restart()
    expect(await asked(own, (redis) => redis.mget('a', 'b'))).toEqual(['1', '2'])
    await own.kill()
    await own.cutTail(5)
    await own.restart()
    expect(await asked(own, (redis) => redis.mget('a', 'b'))).toEqual(['1', null])
    await own.close()
    await own.close()
    await expect(asked(own, (redis) => redis.ping())).rejects.toThrow()
  })

  it('takes settings, and does not answer while it is frozen', async () => {
    const own = await started({ settings: { maxmemory: '10mb' } })
    expect(await asked(own, (redis) => redis.config('GET', 'maxmemory'))).toEqual(['maxmemory', '10485760'])
    own.freeze()
    await expect(asked(own, (redis) => redis.ping())).rejects.toThrow()
    own.thaw()
    expect(await asked(own, (redis) => redis.ping())).toBe('PONG')
  })
})
