import { afterEach, expect, it } from 'vitest'
import type { DriftEvent, Interaction } from '#schemas'
import { compileFeatureSet, partitionTag } from '#feature-store'
import { requestHttp } from '#streams'
import { type FeedloopProcess, METRICS_URL } from '#streams/testing'
import { describeServices } from '#streams/testing/services'
import { openOwnFeed, type OwnFeed } from './testing/own-feed.ts'

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

/** Of a counter or gauge, over all labels. */
async function sumOf(process: FeedloopProcess, name: string): Promise<number> {
  const text = await (await requestHttp(`${await process.said(METRICS_URL)}/metrics`)).text()
  const values = [...text.matchAll(new RegExp(`^feedloop_${name}(?:\\{.*\\})? (\\S+)$`, 'gm'))]
  return values.reduce((sum, [, value]) => sum + Number(value), 0)
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

describeServices('skew, live', (addresses) => {
  it('finds none in what is served, and within a minute a state that was changed by hand', async () => {
    const feed = await openOwnFeed(addresses, 'skew', {
      features: { skew: { delaySeconds: 0.5, tellSeconds: 1 } },
    })
    cleanups.push(() => feed.close())
    const events: DriftEvent[] = []
    const follower = await feed.runtime.follow({
      name: 'test',
      topic: 'drift',
      startFrom: 'earliest',
      record: ({ value }) => void (value !== null && events.push(value)),
    })
    cleanups.push(() => follower.stop())
    for (const service of ['features', 'scorer'] as const) feed.run(service)
    const skew = feed.run('skew', '--metrics-port', '0')
    await click(feed, 'ann', 12)
    await click(feed, 'bob', 3)
    await feed.caughtUp('features-user', 'interactions')
    await feed.until('vectors to be checked', async () => {
      await ask(feed)
      return (await sumOf(skew, 'skew_vectors_checked_total')) >= 12
    })
    expect(await sumOf(skew, 'skew_vectors_mismatched_total')).toBe(0)
    expect(events).toEqual([])

    const changedAtMs = Date.now()
    await lendState(feed, 'ann', 'bob')
    await feed.until('skew to be told', async () => {
      await ask(feed)
      return events.length > 0
    })
    expect(Date.now() - changedAtMs).toBeLessThan(60_000)
    expect(events[0]).toMatchObject({ monitor: 'skew', kind: 'skew', before: 0 })
    expect(events[0]!.cause).toMatch(/served vectors .* differ/)
    expect(await sumOf(skew, 'skew_vectors_mismatched_total')).toBeGreaterThan(0)
  })
})
