import type { StageName } from '#schemas'
import {
  clampFuture,
  leaveOutErased,
  refuseAbsurdTime,
  rightPartition,
  type Runtime,
  type Stage,
} from '#streams'
import type { TrainerConfig } from '../config.ts'
import { type ErasedSoFar, NOTHING_ERASED } from './erase-pending.ts'
import { joinBatch } from './join-batch.ts'
import { createJoinerLanes, type JoinerSource, SOURCES } from './joiner-lanes.ts'
import type { ScratchFile } from './pending/scratch-file.ts'

export interface JoinerOptions {
  config: TrainerConfig
  /** Event time ahead of the broker, as everywhere in the feed. */
  limits: { futureSkewSecondsMax: number; farFutureSecondsMax: number; earliestEventMs?: number }
  /** Where predictions wait that memory does not hold; undefined: memory must do. */
  scratch?: ScratchFile | undefined
  /** Labels of which a source is silent now: examples are marked with them. */
  labelsOut?: () => readonly string[]
  /** What was erased is neither read nor joined; left out: nothing was. */
  erased?: ErasedSoFar | undefined
}

/**
 * Stage `joiner`: predictions + what came of them -> examples. Its state is not stored: the committed offset of a
 * topic is that of the oldest record still needed, and at least one record is always read again, so that a restart
 * learns where each topic stands in event time. What matured before the restart may be written twice, with the same
 * exampleId: the first record counts.
 */
export function createJoinerStage(runtime: Runtime, options: JoinerOptions): Stage<JoinerSource> {
  const { config, limits, scratch, labelsOut = () => [], erased = NOTHING_ERASED } = options
  const leftOut = leaveOutErased<never>(erased.book)
  const lanes = createJoinerLanes(runtime, { config, scratch })

  return {
    name: 'joiner' satisfies StageName,
    sources: SOURCES,
    startFrom: 'earliest',
    steps: {
      predictions: [leftOut, ...timeSteps(limits)],
      outcomes: [leftOut, ofUser(runtime, 'outcomes'), ...timeSteps(limits)],
      interactions: [leftOut, ofUser(runtime, 'interactions'), ...timeSteps(limits)],
    } as Stage<JoinerSource>['steps'] & object,

    async opened(topic, partition) {
      lanes.of(partition)
      const { startOffset, endOffset } = await runtime.offsets(topic, partition)
      // Nothing is left of the topic: what was committed may lie before it.
      return startOffset === endOffset ? endOffset : undefined
    },

    closed(_topic, partition) {
      lanes.close(partition)
      return Promise.resolve()
    },

    batch(batch, outputs) {
      const lane = lanes.of(batch.partition)
      return lanes.work(lane, () => joinBatch({ runtime, lanes, outputs, labelsOut, erased }, lane, batch))
    },
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
