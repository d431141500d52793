import { provableModelOf } from '../export/provable-model.ts'
import { stackedSettingsSchema } from '../learners/choice.ts'
import type { StackedLearner } from '../learners/learner.ts'
import { type BatchSourceParts, createBatchSource } from './batch-source.ts'
import type { MakingResult, ModelSource } from './model-source.ts'
import { rowsOf } from './rows.ts'
import { asTaught } from './training-example.ts'

export interface StackedSourceParts extends BatchSourceParts {
  learner: StackedLearner
}

const MINUTE_MS = 60_000

/**
 * The base is fitted to the recent examples beside the stream, when it is due; what is on top learns every example. Between
 * fits the model is a snapshot.
 */
export function createStackedSource(parts: StackedSourceParts): ModelSource {
  const { learner, choice, task, history, goldenVectors, drift } = parts
  const { fitEveryMinutes, halfLifeMinutes } = stackedSettingsSchema.parse(choice)
  const fitEveryMs = fitEveryMinutes * MINUTE_MS
  const fits = createBatchSource(parts)
  let fittedAtMs = -Infinity
  let isFitting = false
  let ready: MakingResult | undefined

  function snapshot(): MakingResult {
    const model = provableModelOf(learner.model(), goldenVectors())
    return { kind: 'made', model: { ...model, trainedOn: { fromMs: history.firstMs, toMs: history.lastMs } } }
  }

  function fitted(): MakingResult | undefined {
    const result = fits.finished()
    if (result === undefined) return undefined
    isFitting = false
    if (result.kind === 'failed') return result
    fittedAtMs = history.lastMs
    learner.onto(result.model.onnx, rowsOf(history.last(), { width: task.width, halfLifeMinutes }))
    const made = snapshot()
    return result.fit === undefined ? made : { ...made, fit: result.fit }
  }

  return {
    take(example) {
      learner.update(asTaught(example))
    },
    hasNews: () => true,
    begin() {
      isFitting = history.lastMs - fittedAtMs >= fitEveryMs && fits.hasNews()
      if (isFitting) fits.begin()
      else ready = snapshot()
    },
    beginAnew(since) {
      learner.forget(drift.keptShare)
      isFitting = true
      fits.beginAnew(since)
    },
    begun: () => fits.begun(),
    finished() {
      if (isFitting) return fitted()
      const result = ready
      ready = undefined
      return result
    },
    settled: () => fits.settled(),
    abandon() {
      isFitting = false
      ready = undefined
      return fits.abandon()
    },
  }
}
