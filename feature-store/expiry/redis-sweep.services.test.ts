import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { createRedis } from '#streams'
import { describeServices } from '#streams/testing/services'
import { compileFeatureSet } from '../feature-set.ts'
import { featureStoreConfigSchema } from '../config.ts'
import { encodeState } from '../state/blob.ts'
import { EntityState } from '../state/entity-state.ts'
import { fold } from '../state/fold.ts'
import { sweepExpired } from './redis-sweep.ts'

const DAY_MS = 86_400_000
const NOW = 1_700_000_000_000

describeServices('a sweep of expired states', ({ redis: address }) => {
  test('removes who was not heard of by the time of the partition, and nothing else', async () => {
    const prefix = `sweep-${randomUUID().slice(0, 8)}`
    const redis = createRedis(address)
    const { layouts } = compileFeatureSet(featureStoreConfigSchema.parse({}))
    const stateOf = (atMs: number) => {
      const state = new EntityState(layouts.user)
      fold(layouts.user, state, 'click', atMs, 3)
      return Buffer.concat([Buffer.from('abcdefgh'), encodeState(layouts.user, state)])
    }
    const fence = `${prefix}:{interactions.0}:01234567`
    const other = `${prefix}:old:{interactions.1}:01234567`
    try {
      await redis.set(fence, `1 abcdefgh 1 4 0 ${String(NOW)} 1 -`)
      // A partition that stands still has its own time: nothing of it is over.
      await redis.set(other, `1 abcdefgh 1 4 0 ${String(NOW - 100 * DAY_MS)} 1 -`)
      await redis.set(`${fence}:gone`, stateOf(NOW - 91 * DAY_MS))
      await redis.set(`${fence}:here`, stateOf(NOW - 89 * DAY_MS))
      await redis.set(`${other}:gone`, stateOf(NOW - 150 * DAY_MS))
      // Who was active before the horizon made room for others, whenever that was.
      const crowded = `${prefix}:{item-interactions.0}:01234567`
      await redis.set(crowded, `1 abcdefgh 1 4 0 ${String(NOW)} 1 - ${String(NOW - 5_000)}`)
      await redis.set(`${crowded}:gone`, stateOf(NOW - 5_001))
      await redis.set(`${crowded}:here`, stateOf(NOW - 5_000))
      const tags = new Set(['{item-interactions.0}:01234567'])
      expect(await sweepExpired(address, { prefix, olderThanMs: Infinity, tags })).toEqual([
        { states: 'interactions', kept: 0, removed: 0 },
        { states: 'item-interactions', kept: 1, removed: 1 },
      ])
      const swept = await sweepExpired(address, { prefix, olderThanMs: 90 * DAY_MS })
      expect(swept).toEqual([
        { states: 'interactions', kept: 2, removed: 1 },
        { states: 'item-interactions', kept: 1, removed: 0 },
      ])
      expect(await redis.exists(`${fence}:gone`)).toBe(0)
      expect(await redis.exists(`${fence}:here`, `${other}:gone`)).toBe(2)
    } finally {
      for (const key of await redis.keys(`${prefix}:*`)) await redis.del(key)
      redis.disconnect()
    }
  })
})
