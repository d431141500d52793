import {
  compareStore,
  compileFeatureSet,
  createReplay,
  type FeatureStoreConfig,
  type Replay,
  type ReplayedTopic,
  type StateStore,
} from '#feature-store'
import {
  type DeadLetter,
  parseManifest,
  type Interaction,
  type Outcome,
  type RecordOf,
  type TopicKey,
} from '#schemas'
import { EARLIEST_EVENT_MS, lettersByReason, type RawRecord, type Runtime } from '#streams'
import { exampleIdOf } from '../../joiner/example-of.ts'
import type { DemoReport } from './demo-report.ts'
import { createDueExamples, type DueExamplesOptions } from './due-examples.ts'
import type { FenceTimeline } from './fence-timeline.ts'
import { createJudgedPredictions, type Judged, type JudgedPredictionsOptions } from './judged-predictions.ts'
import { driftOutcome, reportedModels, reportedRetrains } from './model-history.ts'
import { createPredictionCount } from './prediction-count.ts'
import { quantilesOf } from './quantiles.ts'
import { createSkewCheck } from './skew-check.ts'

export interface LoggedRecord<K extends TopicKey> {
  raw: RawRecord
  /** null: a tombstone. */
  value: RecordOf[K] | null
}

/** Where the pass reads from. Records of a partition in offset order. */
export interface AuditSource {
  read<K extends TopicKey>(topic: K): AsyncIterable<LoggedRecord<K>>
}

export interface AuditOptions {
  source: AuditSource
  topics: Pick<Runtime, 'topicName' | 'partitionOf' | 'partitionCount'>
  features: FeatureStoreConfig
  store: StateStore
  judging: JudgedPredictionsOptions
  /** When an example must be there. */
  joining: DueExamplesOptions
  /** When which interaction was in the store; null: nobody looked during the run. */
  fences: FenceTimeline | null
  /** Wall clock: interactions produced before (a feed's history, told at once) say nothing of freshness. */
  freshFromMs: number
  /** Interactions the feed had acknowledged; null: unknown. */
  acknowledged: number | null
  /** Wall clock of the injected drift. */
  injectedAtMs: number | null
  /** Whole predictions are checked, evenly spread over the run, until about so many vectors. */
  vectorsCheckedMax?: number
}

/** What the topics and the store say of a run, and every judged prediction for the windows. */
export interface Audit {
  interactions: DemoReport['interactions']
  requests: number
  predictions: DemoReport['predictions']
  freshnessMs: DemoReport['freshnessMs']
  outcomes: number
  examples: number
  /** Shown items that were answered, whose labels were final before the end, and that are no example. */
  examplesMissing: number
  models: DemoReport['models']
  retrains: DemoReport['retrains']
  swaps: DemoReport['swaps']
  drift: DemoReport['drift']
  skew: DemoReport['skew']
  judged: Judged[]
}

const VECTORS_CHECKED_MAX = 50_000

/**
 * The independent pass: reads every topic from its beginning and every state of the store, folds the log again in
 * memory and compares. Asks no service. Everything must have come to rest before. Holds the log in memory.
 */
export async function auditRun(options: AuditOptions): Promise<Audit> {
  const { source, topics, features, store, judging, joining, fences, freshFromMs } = options
  const featureSet = compileFeatureSet(features)
  const replay = createReplay({
    featureSet,
    topicName: topics.topicName,
    partitionOf: topics.partitionOf,
    earliestEventMs: EARLIEST_EVENT_MS,
  })
  const judged = createJudgedPredictions(judging)
  const due = createDueExamples(joining)
  const count = createPredictionCount()
  const { read } = source

  for (const topic of ['users', 'items', 'itemInteractions'] as const)
    await replayTopic(replay, topic, read(topic))

  const interactionIds = new Set<string>()
  const outcomes: { value: Interaction | Outcome; partition: number }[] = []
  const freshness: number[] = []
  let interactionRecords = 0
  for await (const { raw, value } of read('interactions')) {
    replay.add('interactions', { ...raw, value })
    if (value === null) continue
    interactionRecords++
    interactionIds.add(value.interactionId)
    if (value.requestId !== null) outcomes.push({ value, partition: raw.partition })
    const visibleAtMs =
      raw.brokerTimeMs >= freshFromMs ? fences?.passedAtMs(raw.partition, raw.offset) : undefined
    if (visibleAtMs !== undefined) freshness.push(Math.max(0, visibleAtMs - raw.brokerTimeMs))
  }
  for await (const { raw, value } of read('outcomes'))
    if (value !== null) outcomes.push({ value, partition: raw.partition })

  let requestCount = 0
  for await (const { raw, value } of read('requests')) {
    if (value === null) continue
    requestCount++
    count.request(value, raw.brokerTimeMs)
  }
  const skew = createSkewCheck(replay, requestCount, options.vectorsCheckedMax ?? VECTORS_CHECKED_MAX)
  for await (const { raw, value } of read('predictions')) {
    if (value === null) continue
    count.prediction(value, raw.brokerTimeMs)
    judged.prediction(value)
    due.prediction(value, raw.partition)
    skew.prediction(value)
  }
  for (const { value, partition } of outcomes) {
    judged.outcome(value)
    due.outcome(value, partition)
  }

  const exampleIds = new Set(await kept(read('examples'), ({ exampleId }) => exampleId))
  const moves = await kept(read('models'), (move) => move)
  const driftEvents = await kept(read('drift'), (event) => event)
  // Without their bytes: there may be many.
  const letters = await kept(read('deadLetters'), (letter) => ({ ...letter, key: null, value: null }))

  const compared = await compareStore(replay, store, topics.partitionCount)
  const counted = { produced: interactionIds.size, records: interactionRecords, letters }
  return {
    interactions: interactionsOf(compared, replay, { ...counted, acknowledged: options.acknowledged }),
    ...count.result(),
    freshnessMs: quantilesOf(freshness),
    outcomes: outcomes.length,
    examples: exampleIds.size,
    examplesMissing: due.missing((predictionId, itemId) => exampleIds.has(exampleIdOf(predictionId, itemId))),
    models: reportedModels(moves, (manifest) => parseManifest(manifest).metrics),
    retrains: reportedRetrains(driftEvents),
    drift: driftOutcome(driftEvents, options.injectedAtMs),
    skew: skew.result(),
    judged: judged.result(),
  }
}

function interactionsOf(
  { user, item, feed, userAttributes, itemAttributes }: Awaited<ReturnType<typeof compareStore>>,
  replay: Replay,
  told: { produced: number; records: number; letters: readonly DeadLetter[]; acknowledged: number | null },
): DemoReport['interactions'] {
  const { produced, acknowledged } = told
  const deadLettersBy = lettersByReason(told.letters)
  const all = [user, item, feed, userAttributes, itemAttributes]
  const difference = all.find(({ firstDifference }) => firstDifference !== null)
  const sum = (of: 'entities' | 'different') => all.reduce((total, one) => total + one[of], 0)
  return {
    produced,
    applied: user.applied - user.duplicates,
    lost:
      user.lost +
      item.lost +
      Math.max(0, replay.counts().copiesMissing) +
      Math.max(0, (acknowledged ?? produced) - produced),
    duplicates: user.duplicates + item.duplicates + (told.records - produced),
    entities: sum('entities'),
    entitiesDifferent: sum('different'),
    firstDifference: difference === undefined ? null : JSON.stringify(difference.firstDifference),
    acknowledged,
    deadLetters: deadLettersBy.reduce((sum, { count }) => sum + count, 0),
    deadLettersBy,
  }
}

/** Of each record only what is asked for. */
async function kept<K extends TopicKey, T>(
  records: AsyncIterable<LoggedRecord<K>>,
  of: (value: RecordOf[K]) => T,
): Promise<T[]> {
  const found: T[] = []
  for await (const { value } of records) if (value !== null) found.push(of(value))
  return found
}

async function replayTopic<K extends ReplayedTopic>(
  replay: Replay,
  topic: K,
  records: AsyncIterable<LoggedRecord<K>>,
): Promise<void> {
  for await (const { raw, value } of records)
    replay.add(topic, { ...raw, value } as Parameters<typeof replay.add<K>>[1])
}
