import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeServices } from '#streams/testing/services'
import type { LabStack } from './faults/lab-stack.ts'
import { openLabStack } from './faults/open-lab-stack.ts'
import { addFeature, FEED_BEFORE } from './testing/added-feature.ts'
import { openFeedOn } from './testing/own-feed.ts'
import { replayAndSwitch } from './testing/replayed-feed.ts'

for (const kind of ['secure', 'cluster'] as const)
  describeServices(`replays on ${kind}`, (addresses) => {
    let stack: LabStack

    beforeAll(async () => {
      stack = await openLabStack(kind, () => Promise.resolve({ addresses, close: () => Promise.resolve() }))
    })
    afterAll(() => stack?.close())

    it('a replay is killed, goes on, equals what is live, and is switched to and back', async () => {
      const feed = await openFeedOn(stack.services, 'replay', {})
      const { before, after, switched } = await replayAndSwitch(feed).finally(() => feed.close())
      for (const { isEqual, topics } of [before, after]) {
        expect([isEqual, ...topics.map(({ moving }) => moving)]).toEqual([true, 0, 0, 0, 0])
        expect(Math.min(...topics.map(({ compared }) => compared))).toBeGreaterThan(0)
      }
      const [there, back] = switched
      expect([there!.to, back!.from, back!.to]).toEqual([`${there!.from}:v2`, there!.to, there!.from])
    })

    it('a feature is added to the loop that runs: no request goes without features or model', async () => {
      const feed = await openFeedOn(stack.services, 'added', FEED_BEFORE)
      const found = await addFeature(feed).finally(() => feed.close())
      expect(found).toMatchObject({ unanswered: 0, fallbacks: [], withoutModel: 0, early: [] })
      expect(Math.min(found.byOldModel, found.byNewModel)).toBeGreaterThan(0)
    })
  })
