import { type ProvableModel, provableModelOf } from '../../export/provable-model.ts'
import type { OnlineExample, StackedLearner, TrainingRows } from '../../learners/learner.ts'
import { createTurns } from '../../learning/turns.ts'

export interface StackedMakerParts {
  learner: StackedLearner
  /** Event time between two fits of its base, at least. */
  fitEveryMs: number
  /** Those of the window at this moment, a copy. */
  rows(): TrainingRows
  /** Fits the base; the rows may be moved away. */
  fit(rows: TrainingRows, atMs: number): Promise<ProvableModel>
}

/**
 * The models of a stacked learner. Its base is fitted when that is due; else a model is a snapshot. All in the order of the
 * log: what comes while a fit runs waits for it, however long that takes.
 */
export function createStackedMaker({ learner, fitEveryMs, rows, fit }: StackedMakerParts) {
  const inTurn = createTurns()
  let fitDueMs = -Infinity

  return {
    take(example: OnlineExample): void {
      void inTurn(async () => {
        learner.update(example)
      })
    },
    make(golden: Float32Array, atMs: number): Promise<ProvableModel> {
      if (atMs < fitDueMs) return inTurn(async () => provableModelOf(learner.model(), golden))
      fitDueMs = atMs + fitEveryMs
      const [fitted, learned] = [rows(), rows()]
      return inTurn(async () => {
        learner.onto((await fit(fitted, atMs)).onnx, learned)
        return provableModelOf(learner.model(), golden)
      })
    },
  }
}
