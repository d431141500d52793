import { afterEach, expect, it } from 'vitest'
import { deferred } from '#streams'
import { createTopologyTestDriver } from '#streams/testing'
import { featureStoreConfigSchema } from './config.ts'
import { compileFeatureSet } from './feature-set.ts'
import { startFeatureStore } from './feature-store.ts'
import { compareStore } from './replay/compare-store.ts'
import { createMishapStore } from './testing/mishap-store.ts'
import { replayOf } from './testing/replay-driver.ts'
import { produceTraffic } from './testing/traffic.ts'

const config = featureStoreConfigSchema.parse({ limits: { applyRecordsMax: 7 } })
const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

/** The features of a feed in memory, whose store goes away; `over` ends the wait for it. */
async function away(seed: number) {
  const driver = await createTopologyTestDriver({ seed })
  const store = createMishapStore()
  const over = deferred()
  const running = await startFeatureStore(driver, { config, store, outlast: () => over.promise })
  stops.push(running.stop)
  produceTraffic(driver, { seed, interactions: 400 })
  for (let steps = 0; steps < 40; steps++) await driver.step()
  store.setUnavailable(true)
  produceTraffic(driver, { seed: seed + 1, from: 400, interactions: 300 })
  await driver.settle()
  return { driver, store, over, running }
}

it('waits while the store is away, goes on where it was, and counts everything once', async () => {
  const { driver, store, over, running } = await away(13)
  expect(running.outage()).toMatchObject({ code: 'store_unavailable' })
  store.setUnavailable(false)
  over.resolve()
  await driver.settle()
  expect(running.outage()).toBeNull()
  const replay = replayOf(driver, compileFeatureSet(config))
  const { user, item } = await compareStore(replay, store, (topic) => driver.partitionCount(topic))
  const exact = { expected: 700, applied: 700, lost: 0, duplicates: 0, different: 0 }
  expect([user, item]).toMatchObject([exact, exact])
})

it('ends in order when it is stopped meanwhile', async () => {
  const { over, running } = await away(15)
  const stopped = running.stop()
  over.resolve()
  await stopped
  await running.done
})

it('ends with an error when the store is away for too long', async () => {
  const { over, running } = await away(17)
  over.reject(new Error('away for too long'))
  await expect(running.done).rejects.toThrow('away for too long')
})
