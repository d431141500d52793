import { describe, expect, it } from 'vitest'
import { compileFeatureSet, createMemoryStore, partitionTag, type StateStore } from '#feature-store'
import { simulatorConfigSchema } from '#streams'
import { openLinearModel } from '../../testing/index.ts'
import { feedSchema } from '../feed.ts'
import { type MemoryLoopAttendant, playMemoryLoop } from './memory-loop.ts'

const TICKS = 30
const feed = feedSchema.parse({
  features: { skew: { vectorsPerSecondMax: 500, delaySeconds: 1 } },
  trainer: { labels: { click: { positive: ['click'], shown: ['view'], horizonMinutes: 2 } } },
})
const people = simulatorConfigSchema.parse({
  usersMax: 40,
  liveItemsMax: 40,
  historyMinutes: 20,
  requestsPerMinute: 20,
})
const featureSet = compileFeatureSet(feed.features)

const play = (options: Partial<Parameters<typeof playMemoryLoop>[0]>) =>
  playMemoryLoop({
    ...{ seed: 5, feed, people, startMs: 1_700_000_000_000, ticks: TICKS, openModel: openLinearModel },
    ...{ skew: featureSet, ...options },
  })

/** Lends the states of some users to others, as a hand in the store might. */
async function swapUsers(store: StateStore, partitions: number): Promise<void> {
  for (let partition = 0; partition < partitions; partition++) {
    const tag = partitionTag('feed.interactions.v1', partition, featureSet.layouts.user.id)
    const [fence] = await store.fences([tag])
    const users: { id: string; blob: Buffer }[] = []
    for await (const user of store.scan(tag)) if (user.id !== '') users.push(user)
    const writes = users.map(({ id }, n) => ({ id, blob: users.at(n - 1)!.blob }))
    const { storeId, epoch, nextOffset } = fence!
    const answer = await store.apply({
      ...{ tag, storeId, epoch, expectedOffset: nextOffset, nextOffset, writes, deletes: [] },
      ...{ sourceHighs: new Map(), streamTimeMs: -1, appliedAtMs: 0 },
    })
    expect(answer).toEqual({ kind: 'applied' })
  }
}

describe('served vectors, computed again from the log', () => {
  it('are the same bytes, all along', async () => {
    const { skew, runtime } = await play({})
    expect(skew).toMatchObject({ differing: 0, share: 0 })
    expect(skew!.checked).toBeGreaterThan(200)
    expect(runtime.records('drift').filter(({ value }) => value?.monitor === 'skew')).toEqual([])
  })

  it('differ when states were changed in the store, and the drift topic says where', async () => {
    const store = createMemoryStore()
    let swapped = 0
    const attend = (): MemoryLoopAttendant => ({
      async atTick(tick) {
        if (tick === 12) await swapUsers(store, (swapped = 4))
        return null
      },
      over: () => Promise.resolve(),
      epilogue: () => [],
    })
    const { runtime } = await play({ store, attend })
    expect(swapped).toBe(4)
    const told = runtime.records('drift').map(({ value }) => value!)
    const [first] = told.filter(({ monitor }) => monitor === 'skew')
    expect(first).toMatchObject({ kind: 'skew', before: 0, detector: 'recompute' })
    expect(first!.after).toBeGreaterThan(0)
    expect(first!.cause).toMatch(/served vectors of the last 300 s .* differ .*: \w+ \(\d+\)/)
  })

  it('differ when what serves runs other code, feature by feature', async () => {
    const features = { ...feed.features, features: feed.features.features.map(otherHalfLife) }
    const other = compileFeatureSet(features)
    const { skew } = await play({ skew: { ...other, id: featureSet.id } })
    expect(skew!.share).toBeGreaterThan(0.1)
    expect(skew!.byFeature.length).toBeGreaterThan(0)
  })
})

function otherHalfLife<T extends object>(definition: T): T {
  return 'halfLifeMinutes' in definition && typeof definition.halfLifeMinutes === 'number'
    ? { ...definition, halfLifeMinutes: definition.halfLifeMinutes * 2 }
    : definition
}
