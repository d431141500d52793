import { delimiter } from 'node:path'
import { createRedis } from '#streams'
import { debianVersion, startOwnRedis, unpackDebian } from '#streams/testing'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { describeRedisKinds } from './testing/redis-kinds.ts'

/** Beside the 6.2 that the local stack fetches, on which all other tests run. */
const VERSION = '7.0'
const candidate = await debianVersion('redis-server')
const isThere = candidate?.startsWith(`${VERSION}.`) ?? false
if (!isThere && process.env['REQUIRE_SERVICES'] === '1')
  throw new Error(`REQUIRE_SERVICES=1 and apt has no Redis ${VERSION}, but ${candidate ?? 'none'}`)

describe.skipIf(!isThere)(
  `Redis ${VERSION}${isThere ? '' : ` (skipped: apt has ${candidate ?? 'no Redis'})`}`,
  () => {
    beforeAll(async () => {
      const bin = await unpackDebian('redis', ['redis-server', 'redis-tools', 'libjemalloc2', 'liblzf1'])
      vi.stubEnv('PATH', `${bin}${delimiter}${process.env['PATH'] ?? ''}`)
      return () => vi.unstubAllEnvs()
    })

    it('is what is started', async () => {
      const own = await startOwnRedis()
      const redis = createRedis(own.address)
      try {
        expect(await redis.info('server')).toContain(`redis_version:${VERSION}.`)
      } finally {
        redis.disconnect()
        await own.close()
      }
    })

    describeRedisKinds()
  },
)
