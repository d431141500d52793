import { beforeAll, describe, expect, it } from 'vitest'
import {
  compileFeatureSet,
  createFeatureReader,
  featureStoreConfigSchema,
  startFeatureStore,
} from '#feature-store'
import { createMishapStore, type MishapStore } from '#feature-store/testing'
import {
  bytesOfVector,
  type ItemInteractions,
  type Prediction,
  type RankRequest,
  type TopicKey,
} from '#schemas'
import { createFeedSimulation, simulatorConfigSchema } from '#streams'
import { createTopologyTestDriver, type TopologyTestDriver } from '#streams/testing'
import { auditRun, type AuditSource, type LoggedRecord } from './audit.ts'

const startMs = Date.UTC(2026, 0, 5, 14)
const features = featureStoreConfigSchema.parse({})
const joining = { shownTypes: ['view'], horizonMs: 600_000, shownWithinMs: 600_000, graceMs: 60_000 }
const judging = { shown: ['view'], positive: ['click'], horizonMs: 600_000, shownWithinMs: 600_000 }
let driver: TopologyTestDriver
let store: MishapStore
let acknowledged = 0

/** A small feed, the real feature store, and a scorer that always answers 0.1; all in memory. */
beforeAll(async () => {
  driver = await createTopologyTestDriver({ seed: 1, startMs: Date.UTC(2026, 1, 5) })
  store = createMishapStore()
  await startFeatureStore(driver, { config: features, store })
  const featureSet = compileFeatureSet(features)
  const reader = createFeatureReader({ runtime: driver, store, featureSet })
  const config = simulatorConfigSchema.parse({
    usersMax: 10,
    liveItemsMax: 15,
    candidates: 5,
    shown: 3,
    historyMinutes: 1,
    requestsPerMinute: 20,
  })
  const simulation = createFeedSimulation({ seed: '1', config, startMs })

  async function answer(request: RankRequest): Promise<void> {
    const { requestId, userId, occurredAtMs, candidates, context } = request
    const answered = await reader.read([{ userId, itemIds: candidates, context, occurredAtMs }])
    if (answered.kind !== 'vectors') throw new Error(answered.kind)
    const { vectors, flags, userOffsets, itemOffsets, feedOffsets } = answered.vectors
    const { width } = featureSet
    const prediction: Prediction = {
      predictionId: `p:${requestId}`,
      requestId,
      userId,
      occurredAtMs,
      scoredAtMs: 0,
      modelId: 'm1',
      calibrationId: '',
      featureSetId: featureSet.id,
      fallbackReason: null,
      requestPartition: 0,
      requestOffset: 0,
      userOffset: userOffsets[0]!,
      feedOffsets,
      context,
      ranking: candidates.map((itemId, row) => ({
        itemId,
        score: 0.1,
        rank: row,
        propensity: 1,
        vector: bytesOfVector(vectors.slice(row * width, (row + 1) * width)),
        flags: Buffer.from(flags.slice(row * width, (row + 1) * width)),
        itemOffset: itemOffsets[row]!,
        unscoredReason: null,
      })),
    }
    driver.produce('predictions', userId, prediction)
    simulation.answered(requestId, candidates)
  }
  for (let atMs = startMs; atMs < startMs + 20 * 60_000; atMs += 20_000) {
    for (const emission of simulation.advanceTo(atMs)) {
      if (emission.topic === 'interactions') acknowledged++
      driver.produce(emission.topic, emission.key, emission.record as never)
      if (emission.topic !== 'requests') continue
      driver.advance(7)
      await answer(emission.record)
    }
    await driver.settle()
  }
})

type Change = (records: LoggedRecord<TopicKey>[]) => LoggedRecord<TopicKey>[]

/** The driver's topics, one of them changed before it is read. */
function source(topic?: TopicKey, change: Change = (records) => records): AuditSource {
  return {
    async *read(asked) {
      const logged = driver
        .rawRecords(asked)
        .map((raw) => ({ raw, value: raw.value === null ? null : driver.codec.decode(asked, raw.value) }))
      const records = asked === topic ? change(logged) : logged
      for (const record of records) yield await Promise.resolve(record as LoggedRecord<typeof asked>)
    },
  }
}

/** The log of re-keyed copies, without the first one of its first bundle. */
function withoutOneCopy([first, ...rest]: LoggedRecord<TopicKey>[]): LoggedRecord<TopicKey>[] {
  const bundle = first!.value as ItemInteractions
  const [item, ...items] = bundle.items
  const value = { ...bundle, items: [{ ...item!, copies: item!.copies.slice(1) }, ...items] }
  return [{ ...first!, value }, ...rest]
}

const audit = (from: AuditSource, read: MishapStore = store) =>
  auditRun({
    source: from,
    topics: driver,
    features,
    store: read,
    judging,
    joining,
    fences: null,
    freshFromMs: 0,
    acknowledged,
    injectedAtMs: null,
  })

const without =
  (index: number): Change =>
  (records) =>
    records.filter((_, at) => at !== index)

describe('auditRun', () => {
  it('finds nothing wrong with a sound run, and has looked at all of it', async () => {
    const found = await audit(source())
    expect(found.interactions).toMatchObject({
      produced: acknowledged,
      applied: acknowledged,
      lost: 0,
      duplicates: 0,
      entitiesDifferent: 0,
    })
    expect(found.interactions.entities).toBeGreaterThan(2 * 10 + 2 * 15)
    expect(found.predictions).toMatchObject({
      written: found.requests,
      lost: 0,
      duplicates: 0,
      latencyMs: { p50: 7, p99: 7 },
    })
    expect(found.skew).toEqual({ vectorsChecked: found.requests * 5, mismatches: 0, firstMismatch: null })
    expect(found.judged.length).toBeGreaterThan(found.requests * 2)
    expect(found.requests).toBeGreaterThan(200)
    // No trainer ran.
    expect(found.examples).toBe(0)
    expect(found.examplesMissing).toBeGreaterThan(found.requests / 2)
    expect(found.examplesMissing).toBeLessThan(found.judged.length)
  })

  it('sees an interaction that is in the log and not in the store', async () => {
    const { interactions } = await audit(
      source('interactions', (records) => {
        const last = records.at(-1)!
        const value = { ...last.value, interactionId: 'never-applied' } as typeof last.value
        return [...records, { raw: { ...last.raw, offset: last.raw.offset + 1 }, value }]
      }),
    )
    expect(interactions).toMatchObject({
      produced: acknowledged + 1,
      applied: acknowledged,
      entitiesDifferent: 2, // the user, and the feed as a whole
    })
    expect(interactions.lost).toBe(2) // by the user and by the item, which never got its copy
    expect(interactions.firstDifference).toContain('"id":"u')
  })

  it('sees an interaction that was applied and is not in the log', async () => {
    const { interactions } = await audit(source('interactions', without(10)))
    expect(interactions).toMatchObject({ duplicates: 1, lost: 1, entitiesDifferent: 2 }) // lost: the feed had it acknowledged
  })

  it('sees a copy that the item side applied twice', async () => {
    const { interactions } = await audit(source('itemInteractions', withoutOneCopy))
    expect(interactions.duplicates).toBe(1)
    expect(interactions.entitiesDifferent).toBe(1)
  })

  it('sees an interaction that the feed sent twice', async () => {
    const { interactions } = await audit(
      source('interactions', (records) => {
        const last = records.at(-1)!
        return [...records, { ...last, raw: { ...last.raw, offset: last.raw.offset + 1 } }]
      }),
    )
    expect(interactions.duplicates).toBe(1)
  })

  it('sees a state with one wrong byte', async () => {
    const honest = store
    const spoilt: MishapStore = {
      ...honest,
      async *scan(tag) {
        for await (const { id, blob } of honest.scan(tag)) {
          const copy = Buffer.from(blob)
          if (id === 'u3' && tag.includes('interactions')) copy[copy.length - 1]! ^= 1
          yield { id, blob: copy }
        }
      },
    }
    const { interactions } = await audit(source(), spoilt)
    expect(interactions).toMatchObject({ lost: 0, duplicates: 0, entitiesDifferent: 1 })
    expect(interactions.firstDifference).toContain('"id":"u3"')
  })

  it('sees a prediction that is missing, and one that is there twice', async () => {
    expect((await audit(source('predictions', without(5)))).predictions).toMatchObject({
      lost: 1,
      duplicates: 0,
    })
    const twice = await audit(source('predictions', (records) => [...records, records[5]!]))
    expect(twice.predictions).toMatchObject({ lost: 0, duplicates: 1 })
  })

  it('sees one wrong bit in one vector, and one wrong flag', async () => {
    const spoil = (field: 'vector' | 'flags'): Change => {
      return (records) =>
        records.map((record, index) => {
          if (index !== 40) return record
          const prediction = structuredClone(record.value) as Prediction
          const [first] = prediction.ranking
          const bytes = Buffer.from(first![field]!)
          bytes[0]! ^= 1
          prediction.ranking[0] = {
            ...first!,
            vector: Buffer.from(first!.vector!),
            flags: Buffer.from(first!.flags!),
            [field]: bytes,
          }
          for (const ranked of prediction.ranking) {
            ranked.vector = Buffer.from(ranked.vector!)
            ranked.flags = Buffer.from(ranked.flags!)
          }
          return { ...record, value: prediction }
        })
    }
    for (const field of ['vector', 'flags'] as const) {
      const { skew } = await audit(source('predictions', spoil(field)))
      expect(skew).toMatchObject({ mismatches: 1 })
      expect(skew.firstMismatch).toMatch(/^p:r\d+ i\d+ /)
    }
  })
})
