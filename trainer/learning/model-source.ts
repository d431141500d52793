import type { ProvableModel } from '../export/provable-model.ts'
import type { TrainingExample } from './training-example.ts'

/** A model, and the event time of the examples behind it. */
export interface MadeModel extends ProvableModel {
  trainedOn: { fromMs: number; toMs: number }
}

/** What a fit is made of. Event times of its examples. */
export interface FitFacts {
  examples: number
  positives: number
  fromMs: number
  toMs: number
}

export type MakingResult =
  { kind: 'made'; model: MadeModel; fit?: EndedFit } | { kind: 'failed'; error: unknown; fit?: EndedFit }

/** A fit that is over, and the wall seconds it took. */
export interface EndedFit extends FitFacts {
  seconds: number
}

/** Where a challenger's models come from: an online learner has one at once, a batch learner after a fit. */
export interface ModelSource {
  /** Takes one more example. */
  take(example: TrainingExample): void
  /** Whether a model made now would know more than the last one. */
  hasNews(): boolean
  /** Begins a model of what has been learned. */
  begin(): void
  /** Begins a model for which the examples since a change count. */
  beginAnew(since: readonly TrainingExample[]): void
  /** The fit that has begun, told once; those who have a model at once fit nothing. */
  begun(): FitFacts | undefined
  /** What came of it, told once; undefined: it is not ready, or nothing was begun. */
  finished(): MakingResult | undefined
  /** Resolves when what was begun is over. At once where nothing runs. */
  settled(): Promise<void>
  /** Nobody wants what was begun. @returns the fit that was ended by it */
  abandon(): EndedFit | undefined
}
