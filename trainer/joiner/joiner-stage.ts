import { type Interaction, type Outcome, type StageName, STAGES } from '#schemas'
import { clampFuture, refuseAbsurdTime, type Batch, type Outputs, type Runtime, type Stage } from '#streams'
import type { TrainerConfig } from '../config.ts'
import { SIGNALS } from '../signals.ts'
import { createJoinWindow, type JoinVerdict, type JoinWindow } from './join-window.ts'
import { createLabelRules } from './label-rules.ts'
import { createSourceTimes, type SourceTimes } from './source-times.ts'

/** What tells of a shown item: both are keyed by user, as predictions are. */
export type JoinerSource = 'predictions' | 'outcomes' | 'interactions'
const SOURCES: readonly JoinerSource[] = STAGES.joiner.sources
const MINUTE_MS = 60_000

export interface JoinerOptions {
  config: TrainerConfig
  /** Event time ahead of the broker, as everywhere in the feed. */
  limits: { futureSkewSecondsMax: number; farFutureSecondsMax: number }
}

/** State of one partition. */
interface Lane {
  window: JoinWindow
  times: SourceTimes
}

/**
 * Stage `joiner`: predictions + what came of them -> examples. Its state is not stored: the committed offset of a
 * topic is that of the oldest record still needed, and at least one record is always read again, so that a restart
 * learns where each topic stands in event time. What matured before the restart may be written twice, with the same
 * exampleId: the first record counts.
 */
export function createJoinerStage(runtime: Runtime, { config, limits }: JoinerOptions): Stage<JoinerSource> {
  const rules = createLabelRules(config.labels)
  const graceMs = config.limits.graceMinutes * MINUTE_MS
  const lanes = new Map<number, Lane>()
  const timeSteps = () => [
    refuseAbsurdTime<{ occurredAtMs: number }>(),
    clampFuture<{ occurredAtMs: number }>({
      skewSecondsMax: limits.futureSkewSecondsMax,
      farSecondsMax: limits.farFutureSecondsMax,
    }),
  ]

  function laneOf(partition: number): Lane {
    const known = lanes.get(partition)
    if (known !== undefined) return known
    const { streamJumpMinutesMax: jumpMinutes, streamJumpRecordsMin: jumpRecordsMin } = config.limits
    const lane = {
      window: createJoinWindow({ ...config.limits, rules, graceMs }),
      times: createSourceTimes({
        sources: SOURCES,
        checkEveryMs: graceMs / 4,
        jump: { jumpMsMax: jumpMinutes * MINUTE_MS, jumpRecordsMin },
        offsets: (source) => runtime.offsets(source as JoinerSource, partition),
      }),
    }
    lanes.set(partition, lane)
    return lane
  }

  function count(topic: JoinerSource, verdict: JoinVerdict): void {
    if (verdict !== 'ignored') runtime.signals.count(SIGNALS.recordsJoined, { topic, verdict })
  }

  function take({ window, times }: Lane, batch: Batch<JoinerSource>): void {
    for (const { value, offset } of batch.records) {
      if (value === null) continue
      times.saw(batch.topic, value.occurredAtMs)
      const at = { source: batch.topic, offset }
      if ('ranking' in value) count(batch.topic, window.prediction(value, at))
      else if ('itemId' in value) takeOutcome(window, value, at, batch.topic)
    }
    times.readTo(batch.topic, batch.nextOffset)
  }

  function takeOutcome(
    window: JoinWindow,
    { requestId, itemId, type, occurredAtMs }: Outcome | Interaction,
    at: { source: string; offset: number },
    topic: JoinerSource,
  ): void {
    if (requestId !== null) count(topic, window.outcome({ requestId, itemId, type, occurredAtMs }, at))
  }

  /** @returns whether anything was due */
  function matureOnce(window: JoinWindow, streamTimeMs: number, outputs: Outputs): boolean {
    const { examples, predictions, unmatched } = window.mature(streamTimeMs)
    for (const example of examples) outputs.add('examples', { key: example.userId, value: example })
    const { signals } = runtime
    if (predictions > 0) signals.count(SIGNALS.predictionsMatured, {}, predictions)
    if (examples.length > 0) signals.count(SIGNALS.examplesMatured, {}, examples.length)
    if (unmatched > 0) signals.count(SIGNALS.outcomesUnmatched, {}, unmatched)
    return predictions > 0 || unmatched > 0
  }

  return {
    name: 'joiner' satisfies StageName,
    sources: SOURCES,
    startFrom: 'earliest',
    steps: {
      predictions: timeSteps(),
      outcomes: timeSteps(),
      interactions: timeSteps(),
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

    async batch(batch, outputs) {
      const lane = laneOf(batch.partition)
      const { window, times } = lane
      const hasRoom = window.hasRoomFor(batch.records.length)
      if (!hasRoom && (await times.isAheadOfOthers(batch.topic))) {
        // The others must be read first: nothing may be thrown away while they catch up.
        return { kind: 'seek', offset: batch.firstOffset }
      }
      take(lane, batch)
      // Again as long as something matured: what is due next may be due already.
      while (matureOnce(window, await times.streamTimeMs(window.nextDueMs), outputs)) continue
      runtime.signals.gauge(SIGNALS.predictionsPending, window.pendingCount, {
        partition: String(batch.partition),
      })
      const lastRead = Math.max(batch.firstOffset, batch.nextOffset - 1)
      return { kind: 'done', commit: Math.min(lastRead, window.neededOffset(batch.topic) ?? Infinity) }
    },
  }
}
