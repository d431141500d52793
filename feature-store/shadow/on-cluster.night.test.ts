import { expect, test } from 'vitest'
import { startRedisCluster, until } from '#streams/testing'
import { describeServices } from '#streams/testing/services'
import type { FeatureStoreConfigInput } from '../config.ts'
import { openReplayFeed } from '../testing/replay-feed.ts'
import type { StatesComparison } from './compare-states.ts'

const FEED: FeatureStoreConfigInput = {}

describeServices('replays on Redis Cluster', (addresses) => {
  test('come to the bytes that are live, are switched to and back, and are removed from every server', async () => {
    const cluster = await startRedisCluster()
    try {
      const feed = await openReplayFeed({ ...addresses, redis: cluster.address }, FEED)
      try {
        const { replay, replays, start, caughtUp, traffic, prefix } = feed
        await feed.serve(FEED)
        await traffic(1_000)
        const running = start(FEED, 'start', '--into', 'v2')
        running.mayEnd()
        await until('it has begun', async () => (await replays.list()).some(({ isPlanted }) => isPlanted))
        await caughtUp('v2')
        expect(await replay<StatesComparison>(['diff', 'v2'])).toMatchObject({ isEqual: true, features: [] })
        await replay(['switch', 'v2'])
        await until('the features service goes on with it', async () =>
          (await replays.ownedSets()).some(({ namespace }) => namespace === `${prefix}:v2`),
        )
        await replay(['switch', '--back'])
        await until('the features service is back', async () =>
          (await replays.ownedSets()).some(({ namespace }) => namespace === prefix),
        )
        await running.ended
        await replay(['cancel', 'v2'])
        expect(await replays.remove(`${prefix}:v2:*`)).toBe(0)
        expect(await replays.list()).toEqual([])
      } finally {
        await feed.close()
      }
    } finally {
      await cluster.close()
    }
  })
})
