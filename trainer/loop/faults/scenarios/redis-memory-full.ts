import { configureRedis } from '../redis-admin.ts'
import { applied } from '../redis-feed.ts'
import { judgeRefusal } from '../redis-refuses.ts'
import type { Scenario } from '../scenario.ts'

/** Less than what is there already. */
const TOO_LITTLE = '1mb'

export const redisMemoryFull: Scenario = {
  name: 'redis-memory-full',
  title: 'Redis reaches maxmemory under load (noeviction): it refuses writes until it may have more',
  run: (lab, size) =>
    judgeRefusal(lab, size, async (part) => ({
      name: `redis-memory-full-${part}`,
      async begin(redisFeed, at) {
        await applied(redisFeed, at, 1)
        await configureRedis(redisFeed.redis, 'maxmemory', TOO_LITTLE)
      },
      end: async ({ redis }) => void (await configureRedis(redis, 'maxmemory', 0)),
      says: /Redis is full: raise its maxmemory/,
    })),
}
