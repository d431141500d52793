import { afterEach, expect, it } from 'vitest'
import type { DriftEvent, Interaction, ModelMove } from '#schemas'
import { compileFeatureSet, partitionTag, SKEW_MONITOR } from '#feature-store'
import { describeServices } from '#streams/testing/services'
import { metricSum } from './testing/metric-sum.ts'
import { openOwnFeed, type OwnFeed } from './testing/own-feed.ts'
import { startReadyExamples } from './testing/ready-traffic.ts'

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

const USERS = ['ann', 'bob']
const ITEMS = ['a', 'b', 'c']
let told = 0

async function click(feed: OwnFeed, userId: string, count: number): Promise<void> {
  const outputs = await feed.runtime.outputs('feed')
  for (let n = 0; n < count; n++) {
    const interactionId = `i-${String(told++)}`
    const value: Interaction = {
      ...{ interactionId, userId, itemId: ITEMS[n % ITEMS.length]!, type: n % 2 === 0 ? 'view' : 'click' },
      ...{ occurredAtMs: Date.now(), requestId: null, position: null, value: null },
    }
    outputs.add('interactions', { key: userId, value })
  }
  await outputs.flush()
  await outputs.close()
}

async function ask(feed: OwnFeed): Promise<void> {
  const outputs = await feed.runtime.outputs('feed')
  for (const userId of USERS) {
    const requestId = `r-${String(told++)}`
    const value = { requestId, userId, candidates: ITEMS, context: [], occurredAtMs: Date.now() }
    outputs.add('requests', { key: userId, value })
  }
  await outputs.flush()
  await outputs.close()
}

/** Gives a user the state of another one, behind the back of everybody. */
async function lendState(feed: OwnFeed, from: string, to: string): Promise<void> {
  const { user } = compileFeatureSet(feed.config.features).layouts
  const { runtime, store } = feed
  const tagOf = (id: string) =>
    partitionTag(runtime.topicName('interactions'), runtime.partitionOf('interactions', id), user.id)
  const { fences, blobs } = await store.read({ fences: [tagOf(to)], blobs: [{ tag: tagOf(from), id: from }] })
  const { storeId, epoch, nextOffset } = fences[0]!
  const answer = await store.apply({
    ...{ tag: tagOf(to), storeId, epoch, expectedOffset: nextOffset, nextOffset },
    ...{ writes: [{ id: to, blob: blobs[0]! }], deletes: [] },
    ...{ sourceHighs: new Map(), streamTimeMs: -1, appliedAtMs: 0 },
  })
  expect(answer).toEqual({ kind: 'applied' })
}

/** Every model that is better at all is promoted, so that what stands against it is seen. */
const PROMOTION = {
  ...{
    firstCandidateExamples: 200,
    candidateEveryExamples: 200,
    freshExamplesMin: 100,
    freshPositivesMin: 5,
  },
  ...{ improvementMin: 0, improvementZMin: 0 },
}
const REFUSED =
  /But it is not promoted: \d+\.\d\d % of [\d,]+ served vectors differ from what the log gives, and promotion\.skewShareMax is 0\.10 %/

describeServices('skew, live', (addresses) => {
  it('finds none in what is served, and within a minute a state that was changed by hand; then no model is promoted', async () => {
    const feed = await openOwnFeed(addresses, 'skew', {
      features: { skew: { delaySeconds: 0.5, tellSeconds: 1 } },
      trainer: { promotion: PROMOTION },
      // Nobody is killed: whoever gets no CPU for a while shall not begin again.
      limits: { sessionTimeoutMs: 30_000 },
    })
    cleanups.push(() => feed.close())
    const events: DriftEvent[] = []
    const moves: ModelMove[] = []
    await feed.follow({
      ...{ name: 'test-drift', topic: 'drift', startFrom: 'earliest' },
      record: ({ value }) => void (value?.monitor === SKEW_MONITOR && events.push(value)),
    })
    await feed.follow({
      ...{ name: 'test-models', topic: 'models', startFrom: 'earliest' },
      record: ({ value }) => void (value !== null && moves.push(value)),
    })
    /** A champion may move again, for its calibration. */
    const champions = () =>
      new Set(moves.filter(({ stage }) => stage === 'champion').map(({ modelId }) => modelId))
    for (const service of ['features', 'scorer', 'trainer'] as const) feed.run(service)
    await startReadyExamples(feed, { first: 300, perTurn: 20, turnMs: 100 })
    const skew = feed.run('skew', '--metrics-port', '0')
    await click(feed, 'ann', 12)
    await click(feed, 'bob', 3)
    await feed.caughtUp('features-user', 'interactions')
    await feed.until('vectors to be checked', async () => {
      await ask(feed)
      return (await metricSum(skew, 'feedloop_skew_vectors_checked_total')) >= 12
    })
    expect(await metricSum(skew, 'feedloop_skew_vectors_mismatched_total')).toBe(0)
    expect(events).toEqual([])
    await feed.until('a model to be promoted', () => Promise.resolve(champions().size > 0))

    const changedAtMs = Date.now()
    await lendState(feed, 'ann', 'bob')
    await feed.until('skew to be told', async () => {
      await ask(feed)
      return events.length > 0
    })
    expect(Date.now() - changedAtMs).toBeLessThan(60_000)
    expect(events[0]).toMatchObject({ monitor: 'skew', kind: 'skew', before: 0 })
    expect(events[0]!.cause).toMatch(/served vectors .* differ/)
    expect(await metricSum(skew, 'feedloop_skew_vectors_mismatched_total')).toBeGreaterThan(0)

    const refused = () => moves.filter(({ reason }) => REFUSED.test(reason)).length
    await feed.until('a model to be refused', () => Promise.resolve(refused() > 0))
    const promoted = champions()
    await feed.until('others to be refused', () => Promise.resolve(refused() > 2))
    expect(champions()).toEqual(promoted)
  })
})
