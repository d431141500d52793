import { createTopologyTestDriver, type TopologyTestDriver } from '#streams/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { createChance } from '#schemas/testing'
import { bytesOfVector, type Prediction } from '#schemas'
import { featureStoreConfigSchema } from './config.ts'
import { MISSING, STALE, type FeatureRequest, type FeatureVectors } from './contract.ts'
import { DEFAULT_FEATURES } from './default-features.ts'
import { compileFeatureSet } from './feature-set.ts'
import { startFeatureStore } from './feature-store.ts'
import { smoothedRate } from './kinds/index.ts'
import { createFeatureReader } from './reader.ts'
import { checkPrediction } from './replay/check-prediction.ts'
import { createMishapStore } from './testing/mishap-store.ts'
import { replayOf } from './testing/replay-driver.ts'
import { STATEFUL_FEATURES } from './testing/stateful-features.ts'
import { produceTraffic, TRAFFIC_START_MS } from './testing/traffic.ts'

const LIKES = { of: ['like'], per: ['view'], strength: 3 }
const config = featureStoreConfigSchema.parse({
  features: [
    ...DEFAULT_FEATURES,
    smoothedRate({ entity: 'user', ...LIKES }),
    smoothedRate({ entity: 'item', ...LIKES, halfLifeMinutes: 30 }),
    ...STATEFUL_FEATURES,
  ],
})
const featureSet = compileFeatureSet(config)
const { width, names } = featureSet
const MINUTE = 60_000

let stops: (() => Promise<void>)[] = []
afterEach(async () => {
  await Promise.all(stops.map((stop) => stop()))
  stops = []
})

async function running(seed: number) {
  const driver = await createTopologyTestDriver({ seed })
  const store = createMishapStore()
  const reader = createFeatureReader({ runtime: driver, store, featureSet })
  const start = async () => {
    stops.push((await startFeatureStore(driver, { config, store })).stop)
  }
  return { driver, store, reader, start }
}

const view = { requestId: null, position: null, value: null }
const requestOf = (changes: Partial<FeatureRequest>): FeatureRequest => ({
  userId: 'u1',
  itemIds: ['i1'],
  context: [],
  occurredAtMs: TRAFFIC_START_MS,
  ...changes,
})

async function vectorsOf(reader: ReturnType<typeof createFeatureReader>, requests: FeatureRequest[]) {
  const answer = await reader.read(requests)
  if (answer.kind !== 'vectors') throw new Error(`answer was ${answer.kind}`)
  return answer.vectors
}

/** One row by column name. */
function rowOf({ vectors, flags }: FeatureVectors, row: number) {
  const at = (name: string) => {
    const column = names.indexOf(name)
    if (column < 0) throw new Error(`no column ${name} in ${names.join(' ')}`)
    return row * width + column
  }
  return { value: (name: string) => vectors[at(name)]!, flag: (name: string) => flags[at(name)]! }
}

describe('feature reader', () => {
  it('is not ready before the feature store ever ran, and unavailable when it cannot be asked', async () => {
    const { reader, store, start, driver } = await running(1)
    expect(await reader.read([requestOf({})])).toEqual({ kind: 'not_ready' })
    await start()
    await driver.settle()
    expect((await reader.read([requestOf({})])).kind).toBe('vectors')
    store.setUnavailable(true)
    expect(await reader.read([requestOf({})])).toMatchObject({
      kind: 'unavailable',
      cause: { code: 'store_unavailable' },
    })
  })

  it('is not ready while states are rebuilt from the log', async () => {
    const { reader, store, start, driver } = await running(2)
    produceTraffic(driver, { seed: 2, interactions: 300 })
    await start()
    await driver.step()
    expect(await reader.read([requestOf({})])).toEqual({ kind: 'not_ready' })
    await driver.settle()
    const before = await vectorsOf(reader, [requestOf({ itemIds: ['i1', 'i2', 'i3'] })])
    store.flush()
    expect(await reader.read([requestOf({})])).toEqual({ kind: 'not_ready' })
    await driver.settle()
    expect(await vectorsOf(reader, [requestOf({ itemIds: ['i1', 'i2', 'i3'] })])).toEqual(before)
  })

  it('tells missing, zero and stale apart', async () => {
    const { reader, start, driver } = await running(3)
    await start()
    produceTraffic(driver, { seed: 3, interactions: 0 })
    const atMs = TRAFFIC_START_MS
    const happen = (userId: string, itemId: string, type: string, occurredAtMs: number) =>
      driver.produce('interactions', userId, {
        interactionId: `${type}${String(occurredAtMs)}`,
        userId,
        itemId,
        type,
        occurredAtMs,
        ...view,
      })
    happen('u1', 'i1', 'view', atMs)
    happen('u1', 'i1', 'click', atMs + MINUTE)
    await driver.settle()
    const [soon, late] = [atMs + 2 * MINUTE, atMs + 60 * MINUTE]
    const found = await vectorsOf(reader, [
      requestOf({ occurredAtMs: soon, itemIds: ['i1', 'i9', 'nobody'] }),
      requestOf({ occurredAtMs: late }),
    ])
    const [known, described, unknown, stale] = [0, 1, 2, 3].map((row) => rowOf(found, row))
    const ofFeed = (1 + 0.5) / (1 + 1)
    const rate = Math.log((1 + ofFeed * 10) / (1 + 10) / ofFeed)
    expect(known!.value('user_click_per_view_ever')).toBeCloseTo(rate, 6)
    expect(known!.value('user_since_click')).toBeCloseTo(Math.log1p(1) / 4, 6)
    expect(known!.value('user_segment=s1')).toBe(1)
    expect(known!.value('item_category=c1')).toBe(1)
    expect(known!.value('user_view_last_30m')).toBeCloseTo(Math.log1p(1) / 4, 6)
    // i9 is of category c1 too: what the user did to i1 speaks for it.
    const likes = 'user_likes_category'
    expect(described!.value(likes)).toBe(known!.value(likes))
    expect(described!.value(likes)).toBeGreaterThan(0)
    expect(described!.value('item_shown_3h')).toBe(0)
    expect(described!.flag('item_shown_3h')).toBe(0)
    expect([described!.value('item_since_click__missing'), described!.flag('item_since_click')]).toEqual([
      1,
      MISSING,
    ])
    expect([unknown!.value(likes), unknown!.value(`${likes}__missing`), unknown!.flag(likes)]).toEqual([
      0,
      1,
      MISSING,
    ])
    expect([unknown!.value('item_price__missing'), unknown!.flag('item_category=c0')]).toEqual([1, MISSING])
    expect(stale!.flag('user_click_per_view_1440m')).toBe(STALE)
    expect(stale!.flag('item_rate_3h')).toBe(STALE)
    expect(stale!.flag('item_price')).toBe(0)
    expect(found.userOffsets).toEqual([1, 1])
    expect(found.itemOffsets).toEqual([0, -1, -1, 0]) // both copies came in one record
  })

  it('pulls rates to that of the whole feed, over all partitions and for strangers too', async () => {
    const { reader, start, driver } = await running(6)
    await start()
    produceTraffic(driver, { seed: 6, interactions: 400 })
    await driver.settle()
    const told = driver.records('interactions')
    const occurredAtMs = Math.max(...told.map(({ value }) => value!.occurredAtMs)) + MINUTE
    const userIds = ['u1', 'u2', 'u3', 'u4', 'stranger']
    const found = await vectorsOf(
      reader,
      userIds.map((userId) => requestOf({ userId, occurredAtMs, itemIds: ['i1'] })),
    )
    const partitions = new Set(told.map(({ partition }) => partition))
    expect(partitions.size).toBe(4)
    for (const [row, userId] of userIds.entries()) {
      const count = (records: typeof told, type: string, leftOf = (_: number) => 1) =>
        records.reduce((sum, { value }) => sum + (value!.type === type ? leftOf(value!.occurredAtMs) : 0), 0)
      const prior = (count(told, 'like') + 0.5) / (count(told, 'view') + 1)
      const own = told.filter(({ value }) => value!.userId === userId)
      const rate = (count(own, 'like') + 3 * prior) / (count(own, 'view') + 3)
      const value = rowOf(found, row).value
      expect(value('user_like_per_view_ever')).toBeCloseTo(Math.log(rate / prior), 6)

      const left = (tickMs: number) => (atMs: number) =>
        2 ** (-(occurredAtMs - Math.floor(atMs / tickMs) * tickMs) / (30 * MINUTE))
      const fading =
        (count(told, 'like', left(1_000)) + 1_000 * prior) / (count(told, 'view', left(1_000)) + 1_000)
      const ofItem = told.filter(({ value }) => value!.itemId === 'i1')
      const itemRate = (count(ofItem, 'like', left(1)) + 3 * fading) / (count(ofItem, 'view', left(1)) + 3)
      expect(value('item_like_per_view_30m')).toBeCloseTo(Math.log(itemRate / fading), 6)
    }
    expect(rowOf(found, 4).value('user_like_per_view_ever')).toBeCloseTo(0, 9)
    const lastOf = (partition: number) => told.findLast((one) => one.partition === partition)!.offset
    expect(found.feedOffsets).toEqual([0, 1, 2, 3].map(lastOf))
  })

  it('uses attributes as of the request, not later ones', async () => {
    const { reader, start, driver } = await running(4)
    await start()
    for (const [minute, price] of [0.1, 0.2, 0.3, 0.4].entries()) {
      const attributes = [{ name: 'price', text: null, number: price }]
      driver.produce('items', 'i1', {
        itemId: 'i1',
        occurredAtMs: TRAFFIC_START_MS + minute * MINUTE,
        attributes,
      })
    }
    await driver.settle()
    const priceAt = async (minute: number) => {
      const found = await vectorsOf(reader, [requestOf({ occurredAtMs: TRAFFIC_START_MS + minute * MINUTE })])
      const row = rowOf(found, 0)
      return row.flag('item_price') === MISSING ? null : row.value('item_price') * 0.3 + 0.5
    }
    expect(await priceAt(9)).toBeCloseTo(0.4)
    expect(await priceAt(2.5)).toBeCloseTo(0.3)
    expect(await priceAt(1)).toBeCloseTo(0.2)
    expect(await priceAt(0.5)).toBeNull() // only three versions are kept
  })

  it('gives vectors that a replay of the logs recomputes byte for byte, however far it lagged', async () => {
    const { reader, start, driver } = await running(5)
    await start()
    const random = createChance(5)
    const predictions: Prediction[] = []
    for (let round = 0; round < 60; round++) {
      produceTraffic(driver, { seed: round, from: round * 25, interactions: 25 })
      for (let steps = Math.floor(random() * 6); steps > 0; steps--) await driver.step()
      predictions.push(...(await predict(driver, reader, TRAFFIC_START_MS + round * 125_000, random)))
    }
    await driver.settle()
    expect(predictions.length).toBeGreaterThan(100)
    const replay = replayOf(driver, featureSet)
    for (const prediction of predictions) {
      expect(checkPrediction(replay, prediction)).toEqual({ kind: 'checked', vectors: 8, mismatches: [] })
    }
    const forged = structuredClone(predictions.at(-1)!)
    const vector = Buffer.from(forged.ranking[3]!.vector!)
    vector.writeFloatLE(0.123, 4 * names.indexOf('item_price'))
    forged.ranking = forged.ranking.map((ranked, i) => ({
      ...ranked,
      vector: i === 3 ? vector : Buffer.from(ranked.vector!),
      flags: Buffer.from(ranked.flags!),
    }))
    expect(checkPrediction(replay, forged)).toMatchObject({ mismatches: [{ column: 'item_price' }] })
    expect(checkPrediction(replay, { ...forged, featureSetId: 'fs-other' })).toEqual({
      kind: 'other_feature_set',
    })
  })
})

/** What a scorer would write of two rank requests. */
async function predict(
  driver: TopologyTestDriver,
  reader: ReturnType<typeof createFeatureReader>,
  occurredAtMs: number,
  random: () => number,
): Promise<Prediction[]> {
  const id = (letter: string, below: number) => `${letter}${String(Math.floor(random() * below))}`
  const requests = [0, 1, 2].map(() =>
    requestOf({ userId: id('u', 22), itemIds: Array.from({ length: 8 }, () => id('i', 33)), occurredAtMs }),
  )
  const answer = await reader.read(requests)
  if (answer.kind !== 'vectors') return []
  const { vectors, flags, userOffsets, itemOffsets, feedOffsets } = answer.vectors
  return requests.map(({ userId, itemIds }, r) => ({
    predictionId: 'p',
    requestId: 'r',
    userId,
    occurredAtMs,
    scoredAtMs: driver.clock.nowMs(),
    modelId: 'm',
    calibrationId: '',
    featureSetId: featureSet.id,
    fallbackReason: null,
    requestPartition: 0,
    requestOffset: 0,
    userOffset: userOffsets[r]!,
    feedOffsets,
    context: [],
    ranking: itemIds.map((itemId, i) => {
      const row = r * 8 + i
      const vector = bytesOfVector(vectors.subarray(row * width, (row + 1) * width))
      return {
        itemId,
        score: 0.5,
        rank: i,
        propensity: 1,
        vector,
        flags: Buffer.from(flags.subarray(row * width, (row + 1) * width)),
        itemOffset: itemOffsets[row]!,
        unscoredReason: null,
      }
    }),
  }))
}
