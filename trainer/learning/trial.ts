import type { ModelSession, ProvenModel } from '#scorer/model'
import type { Forecast } from '../metrics/index.ts'
import { type TrainingExample, vectorsOf } from './training-example.ts'

export interface TrialTerms {
  /** Examples on which it is judged. */
  freshMin: number
  /** Kind of the drift that it was made for. */
  answers?: string | undefined
}

/** A model that waits for enough examples to be judged on. */
export interface Trial extends TrialTerms {
  session: ProvenModel
  /** Matured after the snapshot. */
  fresh: TrainingExample[]
}

/** @throws ModelCallError */
export async function forecastsOf(
  model: ModelSession,
  examples: readonly TrainingExample[],
  width: number,
): Promise<Forecast[]> {
  const scores = await model.predict(vectorsOf(examples, width), examples.length)
  return examples.map(({ label }, at) => ({ score: scores[at]!, label }))
}
