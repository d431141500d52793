import { provableModelOf } from '../export/provable-model.ts'
import type { OnlineLearner } from '../learners/learner.ts'
import type { History } from './history.ts'
import type { MakingResult, ModelSource } from './model-source.ts'
import { asTaught } from './training-example.ts'

export interface OnlineSourceParts {
  learner: OnlineLearner
  history: History
  /** Golden rows of the moment. */
  goldenVectors: () => Float32Array
  /** How it learns anew: evidence kept, and passes over the examples since the change. */
  drift: { keptShare: number; retrainRounds: number }
}

/** The learner is up to date at any time: its model is a snapshot. */
export function createOnlineSource({
  learner,
  history,
  goldenVectors,
  drift,
}: OnlineSourceParts): ModelSource {
  let ready: MakingResult | undefined

  function begin(): void {
    const model = provableModelOf(learner.model(), goldenVectors())
    ready = {
      kind: 'made',
      model: { ...model, trainedOn: { fromMs: history.firstMs, toMs: history.lastMs } },
    }
  }

  return {
    take(example) {
      learner.update(asTaught(example))
    },
    hasNews: () => true,
    begin,
    /** What it knew is kept but weighs little: the examples since the change decide. */
    beginAnew(since) {
      learner.forget(drift.keptShare)
      for (let round = 0; round < drift.retrainRounds; round++) {
        for (const example of since) learner.update(asTaught(example))
      }
      begin()
    },
    begun: () => undefined,
    finished() {
      const result = ready
      ready = undefined
      return result
    },
    settled: () => Promise.resolve(),
    abandon() {
      ready = undefined
      return undefined
    },
  }
}
