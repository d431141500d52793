import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import type { Interaction } from '#schemas'
import { streamsConfigSchema } from '#streams'
import { createTopologyTestDriver } from '#streams/testing'
import { featureStoreConfigSchema } from './config.ts'
import { featureDefinitionSchema, KIND_NAMES } from './definitions.ts'
import { compileFeatureSet } from './feature-set.ts'
import { startFeatureStore } from './feature-store.ts'
import * as kinds from './kinds/index.ts'
import { createMemoryStore } from './memory-store.ts'
import { compareStore } from './replay/compare-store.ts'
import { createFeaturesInOrder } from './replay/features-in-order.ts'
import { isTooLate } from './stages/stream-time.ts'
import { type FeatureRow, featureRow, number, text } from './testing/feature-row.ts'
import { replayOf } from './testing/replay-driver.ts'

const START_MS = 1_690_000_000_000
const LATE_SECONDS = 3_600
const config = featureStoreConfigSchema.parse({ limits: { lateSecondsMax: LATE_SECONDS } })
const featureSet = compileFeatureSet(config)

const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

let told = 0
const interaction = (userId: string, atSeconds: number): Interaction => ({
  ...{ interactionId: `x${String(told++)}`, userId, itemId: 'i1', type: 'click' },
  ...{ occurredAtMs: START_MS + atSeconds * 1_000, requestId: null, position: null, value: null },
})

describe('stream time', () => {
  it('lets pass what is at the bound, and not a millisecond more', () => {
    const time = { newestMs: -1 }
    expect(isTooLate(time, START_MS, 1)).toBe(false)
    expect(isTooLate(time, START_MS - 1_000, 1)).toBe(false)
    expect(isTooLate(time, START_MS - 1_001, 1)).toBe(true)
    expect(time.newestMs).toBe(START_MS)
  })
})

describe('late interactions', () => {
  it('fold up to the bound, later ones go to the late topic, and a replay of the log decides the same', async () => {
    const driver = await createTopologyTestDriver({
      seed: 1,
      config: streamsConfigSchema.parse({ limits: { batchRecordsMax: 2 } }),
    })
    const store = createMemoryStore()
    const tell = (...all: Interaction[]) => {
      for (const one of all) driver.produce('interactions', one.userId, one)
    }
    let running = await startFeatureStore(driver, { config, store })
    tell(interaction('ann', 0), interaction('ann', 10_000), interaction('ann', 10_000 - LATE_SECONDS))
    const late = interaction('ann', 10_000 - LATE_SECONDS - 1)
    tell(late)
    await driver.settle()
    // Another owner takes the stream time over with the fence.
    await running.stop()
    running = await startFeatureStore(driver, { config, store })
    stops.push(() => running.stop())
    const again = interaction('ann', 1)
    tell(again, interaction('ann', 10_001))
    await driver.settle()
    const given = driver.records('late').map(({ value }) => value!)
    expect(given).toMatchObject([
      { ...late, sourceOffset: 3, newestAtMs: START_MS + 10_000_000 },
      { ...again, sourceOffset: 4, newestAtMs: START_MS + 10_000_000 },
    ])
    const replay = replayOf(driver, featureSet)
    expect(replay.counts()).toMatchObject({ interactions: 4, late: 2, copies: 4, copiesMissing: 0 })
    const compared = await compareStore(replay, store, (topic) => driver.partitionCount(topic))
    for (const comparison of Object.values(compared)) expect(comparison).toMatchObject({ different: 0 })
    expect(driver.rawRecords('deadLetters')).toEqual([])
  })

  it('are late in their own partition: nobody waits for one in which nothing happens, or is hurried by another', () => {
    const features = createFeaturesInOrder(featureSet, 4)
    const users = Array.from({ length: 40 }, (_, n) => `u${String(n)}`)
    expect(features.interaction(interaction('ann', 0))).toBe('folded')
    expect(features.interaction(interaction('ann', 3 * LATE_SECONDS))).toBe('folded')
    expect(features.interaction(interaction('ann', 0))).toBe('late')
    const verdicts = new Set(users.map((user) => features.interaction(interaction(user, 1))))
    expect(verdicts).toEqual(new Set(['folded', 'late']))
  })

  it('land in the tile of their own time', () => {
    const name = 'clicks'
    const clicked = { entity: 'item', of: ['click'], windowMinutes: 10, bucketMinutes: 1 } as const
    const features = [kinds.windowedCount({ ...clicked, of: ['click'], name })]
    const happened: [string, number][] = [
      ['click', 30],
      ['click', 35.5],
      ['click', 28],
    ]
    const value = (atMinute: number) => featureRow({ features }, { happened, atMinute })[name]![0]
    const counts = [27, 28, 30, 35, 38, 41].map((minute) => Math.round(Math.expm1(value(minute) * 4)))
    expect(counts).toEqual([0, 1, 2, 3, 2, 1])
  })
})

/** What comes before what is their meaning: kinds/README.md. */
const ORDERED = ['coEngagement', 'countSince', 'lastOutcome', 'recentRate']
const ATTRIBUTES = {
  user: { segment: 'text', age: 'number' },
  item: { category: 'text', price: 'number', tags: 'texts' },
  context: { device: 'text', hour: 'number' },
} as const
const FLOAT_TOLERANCE = 1e-5

const rowOf = (kindName: (typeof KIND_NAMES)[number], happened: FeatureRow['happened'] & object) => {
  const { example } = kinds[kindName].kind
  const definition = featureDefinitionSchema.parse({ kind: kindName, ...example })
  const features = [kinds.age({ entity: 'item', name: 'before' }), definition]
  const item = [text('category', 'c1'), number('price', 0.7), text('tags', 'a'), text('tags', 'b')]
  const user = [text('segment', 's1'), number('age', 40)]
  return Object.values(
    featureRow({ attributes: ATTRIBUTES, features }, { user, item, happened, atMinute: 400 }),
  ).map(([value]) => value)
}

const happenings = fc.array(
  fc.tuple(
    fc.constantFrom('view', 'click', 'like', 'hide'),
    fc.double({ min: 0, max: 360, noNaN: true }).map((minute) => Math.round(minute * 100) / 100),
    fc.constantFrom(null, 1, 2.5, 40),
  ),
  { minLength: 2, maxLength: 25 },
)
const twoOrders = happenings.chain((told) =>
  fc.tuple(fc.constant(told), fc.shuffledSubarray(told, { minLength: told.length, maxLength: told.length })),
)
const farthest = (one: readonly number[], other: readonly number[]) =>
  Math.max(...one.map((value, at) => Math.abs(value - other[at]!)))

describe('any order within the bound', () => {
  it.each(KIND_NAMES.filter((name) => !ORDERED.includes(name)))('gives %s the same vectors', (name) => {
    fc.assert(
      fc.property(twoOrders, ([one, other]) => {
        const rows = [rowOf(name, one), rowOf(name, other), rowOf(name, one)] as const
        expect(farthest(rows[0], rows[1])).toBeLessThan(FLOAT_TOLERANCE)
        expect(rows[2]).toEqual(rows[0])
      }),
      { numRuns: 40 },
    )
  })

  it.each(['countSince', 'lastOutcome', 'recentRate'] as const)('is what %s is about', (name) => {
    const differences = fc
      .sample(twoOrders, { numRuns: 40, seed: 1 })
      .map(([one, other]) => farthest(rowOf(name, one), rowOf(name, other)))
    expect(Math.max(...differences)).toBeGreaterThan(FLOAT_TOLERANCE)
  })
})

describe('what became known later', () => {
  it('is in no vector that was asked for before: an interaction and attributes told late, of the time before', () => {
    const play = (leak: boolean) => {
      const features = createFeaturesInOrder(featureSet, 1)
      features.item({ itemId: 'i1', occurredAtMs: START_MS, attributes: [text('category', 'news')] })
      features.interaction({ ...interaction('ann', 10), interactionId: 'known' })
      const request = { userId: 'ann', itemIds: ['i1'], context: [], occurredAtMs: START_MS + 60_000 }
      const served = features.read(request).vectors.slice()
      if (leak) {
        features.interaction({ ...interaction('ann', 20), interactionId: 'planted' })
        features.item({
          itemId: 'i1',
          occurredAtMs: START_MS + 30_000,
          attributes: [text('category', 'sport')],
        })
      }
      return { served, after: features.read(request).vectors.slice() }
    }
    const [clean, leaky] = [play(false), play(true)]
    expect(leaky.served).toEqual(clean.served)
    expect(leaky.after).not.toEqual(clean.after)
  })
})
