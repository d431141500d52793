import { afterEach, expect, it } from 'vitest'
import { compileFeatureSet, partitionTag } from '#feature-store'
import { produceTraffic } from '#feature-store/testing'
import { openOwnFeed, type OwnFeed } from './testing/own-feed.ts'
import { describeServices } from '#streams/testing/services'
import { createPlainKafka } from '#streams'

const INTERACTIONS = 500
const cleanups: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function produce({ runtime }: OwnFeed): Promise<void> {
  const outputs = await runtime.outputs('traffic')
  produceTraffic(
    { produce: (topic, key, value) => outputs.add(topic, { key, value }) },
    { seed: 1, interactions: INTERACTIONS, users: 60, items: 80 },
  )
  await outputs.flush()
}

/** Interactions that the fences of the user side have passed. */
async function appliedCount({ runtime, config, store }: OwnFeed): Promise<number> {
  const { user } = compileFeatureSet(config.features).layouts
  const fences = Array.from({ length: runtime.partitionCount('interactions') }, (_, partition) =>
    partitionTag(runtime.topicName('interactions'), partition, user.id),
  )
  const found = (await store.read({ fences, blobs: [] })).fences
  return found.reduce((sum, fence) => sum + (fence?.nextOffset ?? 0), 0)
}

async function runToTheEnd(feed: OwnFeed): Promise<void> {
  const features = feed.run('features')
  await feed.caughtUp('features-user', 'interactions')
  await feed.caughtUp('features-item', 'itemInteractions')
  expect(await features.stop()).toBe(0)
}

describeServices('lag', (addresses) => {
  it('is that of the store: run features tells its group where the store is, also for partitions that rest', async () => {
    const feed = await openOwnFeed(addresses, 'lag')
    cleanups.push(() => feed.close())
    await produce(feed)
    await runToTheEnd(feed)
    const admin = createPlainKafka(addresses.kafka).admin()
    await admin.connect()
    cleanups.push(() => admin.disconnect())
    // What a kill between the write and the commit leaves: the store is ahead, and nothing more will come.
    await admin.deleteGroups([`${feed.prefix}.features-user`, `${feed.prefix}.features-item`])
    await runToTheEnd(feed)
    expect(await appliedCount(feed)).toBe(INTERACTIONS)
  })
})
