import type { ProvableModel } from '../export/provable-model.ts'
import type { TrainingExample } from './training-example.ts'

/** A model, and the event time of the examples behind it. */
export interface MadeModel extends ProvableModel {
  trainedOn: { fromMs: number; toMs: number }
}

export type MakingResult = { kind: 'made'; model: MadeModel } | { kind: 'failed'; error: unknown }

/** Where a challenger's models come from: an online learner has one at once, a batch learner after a fit. */
export interface ModelSource {
  /** Takes one more example. */
  take(example: TrainingExample): void
  /** Begins a model of what has been learned. */
  begin(): void
  /** Begins a model for which the examples since a change count. */
  beginAnew(since: readonly TrainingExample[]): void
  /** What came of it, told once; undefined: it is not ready, or nothing was begun. */
  finished(): MakingResult | undefined
  /** Nobody wants what was begun. */
  abandon(): void
}
