import { type RecordOf, type StageName, STAGES } from '#schemas'
import {
  clampFuture,
  refuseAbsurdTime,
  rightPartition,
  type Batch,
  type BatchResult,
  type Outputs,
  type Runtime,
  type Signals,
  type Stage,
} from '#streams'
import type { TrainerConfig } from '../config.ts'
import { SIGNALS } from '../signals.ts'
import { createJoinWindow, type JoinVerdict, type JoinWindow } from './join-window.ts'
import { createLabelRules, type LabelRules } from './label-rules.ts'
import type { SourceOffset } from './needed-offsets.ts'
import { createSourceTimes, type SourceTimes } from './source-times.ts'

/** What tells of a shown item: both are keyed by user, as predictions are. */
export type JoinerSource = 'predictions' | 'outcomes' | 'interactions'
const SOURCES: readonly JoinerSource[] = STAGES.joiner.sources
const MINUTE_MS = 60_000

export interface JoinerOptions {
  config: TrainerConfig
  /** Event time ahead of the broker, as everywhere in the feed. */
  limits: { futureSkewSecondsMax: number; farFutureSecondsMax: number; earliestEventMs?: number }
  /** Labels of which a source is silent now: examples are marked with them. */
  labelsOut?: () => readonly string[]
}

/**
 * Stage `joiner`: predictions + what came of them -> examples. Its state is not stored: the committed offset of a
 * topic is that of the oldest record still needed, and at least one record is always read again, so that a restart
 * learns where each topic stands in event time. What matured before the restart may be written twice, with the same
 * exampleId: the first record counts.
 */
export function createJoinerStage(runtime: Runtime, options: JoinerOptions): Stage<JoinerSource> {
  const { config, limits, labelsOut = () => [] } = options
  const rules = createLabelRules(config.labels)
  const lanes = new Map<number, Lane>()

  function laneOf(partition: number): Lane {
    const lane = lanes.get(partition) ?? createLane(runtime, { partition, config, rules })
    lanes.set(partition, lane)
    return lane
  }

  return {
    name: 'joiner' satisfies StageName,
    sources: SOURCES,
    startFrom: 'earliest',
    steps: {
      predictions: timeSteps(limits),
      outcomes: [ofUser(runtime, 'outcomes'), ...timeSteps(limits)],
      interactions: [ofUser(runtime, 'interactions'), ...timeSteps(limits)],
    } as Stage<JoinerSource>['steps'] & object,

    async opened(topic, partition) {
      laneOf(partition)
      const { startOffset, endOffset } = await runtime.offsets(topic, partition)
      // Nothing is left of the topic: what was committed may lie before it.
      return startOffset === endOffset ? endOffset : undefined
    },

    closed(_topic, partition) {
      lanes.delete(partition)
      return Promise.resolve()
    },

    batch: (batch, outputs) =>
      joinBatch(runtime.signals, laneOf(batch.partition), batch, { outputs, labelsOut }),
  }
}

/** State of one partition. */
interface Lane {
  window: JoinWindow
  times: SourceTimes
}

interface LaneOptions {
  partition: number
  config: TrainerConfig
  rules: LabelRules
}

function createLane(runtime: Runtime, { partition, config, rules }: LaneOptions): Lane {
  const { graceMinutes, streamJumpMinutesMax, streamJumpRecordsMin: jumpRecordsMin } = config.limits
  const graceMs = graceMinutes * MINUTE_MS
  return {
    window: createJoinWindow({
      ...config.limits,
      rules,
      shownWithinMs: config.shownWithinMinutes * MINUTE_MS,
      graceMs,
    }),
    times: createSourceTimes({
      sources: SOURCES,
      checkEveryMs: graceMs / 4,
      jump: { jumpMsMax: streamJumpMinutesMax * MINUTE_MS, jumpRecordsMin },
      offsets: (source) => runtime.offsets(source as JoinerSource, partition),
    }),
  }
}

/** Elsewhere than its user's prediction it would never be joined. */
const ofUser = (runtime: Runtime, topic: 'outcomes' | 'interactions') =>
  rightPartition<{ userId: string; occurredAtMs: number }>({
    field: 'userId',
    partitionOf: (key) => runtime.partitionOf(topic, key),
  })

function timeSteps({ futureSkewSecondsMax, farFutureSecondsMax, earliestEventMs }: JoinerOptions['limits']) {
  const earliest = { earliestMs: earliestEventMs }
  return [
    refuseAbsurdTime<{ occurredAtMs: number }>(earliest),
    clampFuture<{ occurredAtMs: number }>({
      skewSecondsMax: futureSkewSecondsMax,
      farSecondsMax: farFutureSecondsMax,
      ...earliest,
    }),
  ]
}

/** Where examples go, and what they are marked with. */
interface Told {
  outputs: Outputs
  labelsOut: () => readonly string[]
}

async function joinBatch(
  signals: Signals,
  lane: Lane,
  batch: Batch<JoinerSource>,
  told: Told,
): Promise<BatchResult> {
  const { window, times } = lane
  const hasRoom = window.hasRoomFor(batch.records.length)
  if (!hasRoom && (await times.isAheadOfOthers(batch.topic))) {
    // The others must be read first: nothing may be thrown away while they catch up.
    return { kind: 'seek', offset: batch.firstOffset }
  }
  take(signals, lane, batch)
  // Again as long as something matured: what is due next may be due already.
  while (matureOnce(signals, window, await times.streamTimeMs(window.nextDueMs), told)) continue
  signals.gauge(SIGNALS.predictionsPending, window.pendingCount, { partition: String(batch.partition) })
  const lastRead = batch.nextOffset - 1
  return { kind: 'done', commit: Math.min(lastRead, window.neededOffset(batch.topic) ?? Infinity) }
}

function take(signals: Signals, { window, times }: Lane, batch: Batch<JoinerSource>): void {
  const { topic } = batch
  for (const { value, offset } of batch.records) {
    if (value === null) continue
    times.saw(topic, value.occurredAtMs)
    const verdict = verdictOn(window, value, { source: topic, offset })
    if (verdict !== 'ignored') signals.count(SIGNALS.recordsJoined, { topic, verdict })
    if (verdict === 'shown_late') signals.count(SIGNALS.itemsShownLate)
  }
  times.readTo(topic, batch.nextOffset)
}

function verdictOn(window: JoinWindow, value: RecordOf[JoinerSource], at: SourceOffset): JoinVerdict {
  if ('ranking' in value) return window.prediction(value, at)
  const { requestId, userId, itemId, type, occurredAtMs, position } = value
  if (requestId === null) return 'ignored'
  return window.outcome({ requestId, userId, itemId, type, occurredAtMs, position }, at)
}

/** @returns whether anything was due */
function matureOnce(
  signals: Signals,
  window: JoinWindow,
  streamTimeMs: number,
  { outputs, labelsOut }: Told,
): boolean {
  const { examples, predictions, shownLate, unmatched } = window.mature(streamTimeMs)
  const marks = [...labelsOut()]
  for (const example of examples)
    outputs.add('examples', { key: example.userId, value: { ...example, labelsOut: marks } })
  if (predictions > 0) signals.count(SIGNALS.predictionsMatured, {}, predictions)
  if (examples.length > 0) signals.count(SIGNALS.examplesMatured, {}, examples.length)
  if (shownLate > 0) signals.count(SIGNALS.itemsShownLate, {}, shownLate)
  if (unmatched > 0) signals.count(SIGNALS.outcomesUnmatched, {}, unmatched)
  return examples.length > 0 || predictions > 0 || unmatched > 0
}
