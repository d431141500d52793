import type { Signals } from '#streams'
import { batchSettingsSchema, type LearnerChoice } from '../learners/choice.ts'
import type { LearnerTask } from '../learners/learner.ts'
import { SIGNALS } from '../signals.ts'
import type { Fitter } from './fitter.ts'
import { createWarmFits } from './warm-fits.ts'
import type { History } from './history.ts'
import type { MakingResult, ModelSource } from './model-source.ts'
import { rowsOf } from './rows.ts'
import { withChosenSettings } from './settings-choice.ts'
import type { TrainingExample } from './training-example.ts'

export interface BatchSourceParts {
  choice: LearnerChoice
  task: LearnerTask
  history: History
  /** Golden rows of the moment. */
  goldenVectors: () => Float32Array
  fitter: Fitter
  signals: Signals
}

interface Fit {
  ends: AbortController
  result: MakingResult | undefined
}

/** Fits the recent examples beside the stream: examples go on being taken while the fit runs. */
export function createBatchSource(parts: BatchSourceParts): ModelSource {
  const { choice, task, history, goldenVectors, fitter, signals } = parts
  const { seed, halfLifeMinutes, anewShare } = batchSettingsSchema.parse(choice)
  const fits = createWarmFits(withChosenSettings(fitter), anewShare)
  let fit: Fit | undefined

  function abandon(): void {
    // Nothing can go on from a model that will not come.
    if (fit !== undefined && fit.result === undefined) fits.forget()
    fit?.ends.abort()
    fit = undefined
  }

  function begin(examples: readonly TrainingExample[]): void {
    abandon()
    const begun: Fit = { ends: new AbortController(), result: undefined }
    fit = begun
    const trainedOn = {
      fromMs: examples.reduce((first, { occurredAtMs }) => Math.min(first, occurredAtMs), Infinity),
      toMs: history.lastMs,
    }
    const rows = rowsOf(examples, { width: task.width, halfLifeMinutes })
    const progress = (share: number) => signals.gauge(SIGNALS.fitProgress, share)
    // Not awaited: minutes may pass. Whoever asks `finished` is told.
    void fits
      .fit({ choice, task, rows, seed, goldenVectors: goldenVectors() }, history.count, {
        signal: begun.ends.signal,
        progress,
      })
      .then(
        (model): MakingResult => ({ kind: 'made', model: { ...model, trainedOn } }),
        (error: unknown): MakingResult => ({ kind: 'failed', error }),
      )
      .then((result) => {
        begun.result = result
        const outcome = begun.ends.signal.aborted ? 'abandoned' : result.kind
        signals.count(SIGNALS.fitsEnded, { outcome })
      })
  }

  return {
    take() {
      // The history keeps it.
    },
    begin: () => begin(history.last()),
    beginAnew(since) {
      fits.forget()
      begin(since)
    },
    finished() {
      const result = fit?.result
      if (result !== undefined) fit = undefined
      return result
    },
    abandon,
  }
}
