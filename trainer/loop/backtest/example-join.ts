import type { FeatureSet } from '#feature-store'
import type { Interaction, Prediction } from '#schemas'
import type { TrainerConfig } from '../../config.ts'
import { createHoldingJoinWindow } from '../../joiner/holding-join-window.ts'
import { createLabelRules } from '../../joiner/label-rules.ts'
import { type TrainingExample, trainingExampleOf } from '../../learning/training-example.ts'

/** Predictions joined with what came of them by the joiner's own window, as learners take them. */
export interface ExampleJoin {
  /** @returns false: its request was there before */
  prediction(prediction: Prediction): boolean
  outcome(interaction: Interaction): void
  /** What is known at this event time and was not taken before, in the order in which it matured. */
  takeMatured(atMs: number): TrainingExample[]
  readonly counts: { readonly duplicateRequests: number; readonly shownLate: number; readonly late: number }
}

const MINUTE_MS = 60_000
/** The log is in one place: nothing is thrown away because another topic lags. */
const UNBOUNDED = { earlyOutcomesMax: Infinity }
/** There is one of it, and nobody reads it again. */
const NOWHERE = { source: 'log', offset: 0 }

export function createExampleJoin(config: TrainerConfig, featureSet: FeatureSet): ExampleJoin {
  const { labels, objective, shownWithinMinutes, limits } = config
  const window = createHoldingJoinWindow({
    ...UNBOUNDED,
    sources: [NOWHERE.source],
    rules: createLabelRules(labels),
    rememberedPredictionsMax: limits.rememberedPredictionsMax,
    shownWithinMs: shownWithinMinutes * MINUTE_MS,
    graceMs: limits.graceMinutes * MINUTE_MS,
  })
  const counts = { duplicateRequests: 0, shownLate: 0, late: 0 }

  function exampleOf(example: Parameters<typeof trainingExampleOf>[0]): TrainingExample {
    const read = trainingExampleOf(example, { featureSet, objective })
    // Made here, by the same feature set and labels: anything else is a mistake of ours.
    if (typeof read === 'string') throw new Error(`example ${example.exampleId} is ${read}`)
    return read
  }

  return {
    counts,
    prediction(prediction) {
      const isNew = window.prediction(prediction, NOWHERE) !== 'duplicate'
      if (!isNew) counts.duplicateRequests += 1
      return isNew
    },
    outcome({ requestId, userId, itemId, type, occurredAtMs, position }) {
      if (requestId === null) return
      if (window.outcome({ requestId, userId, itemId, type, occurredAtMs, position }, NOWHERE) === 'late')
        counts.late += 1
    },
    takeMatured(atMs) {
      const examples: TrainingExample[] = []
      for (;;) {
        const matured = window.mature(atMs)
        counts.shownLate += matured.shownLate
        for (const example of matured.examples) examples.push(exampleOf(example))
        // What is due next may be due already.
        if (matured.examples.length === 0 && matured.predictions === 0 && matured.unmatched === 0)
          return examples
      }
    },
  }
}
