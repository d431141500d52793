import { joinedId, type Example, type Prediction } from '#schemas'
import type { LabelRules, OutcomeTimes } from './label-rules.ts'

export interface JoinedOutcomes {
  /** By item id. */
  outcomes: ReadonlyMap<string, OutcomeTimes>
  rules: LabelRules
  /** Event time from which nothing can change. */
  maturedAtMs: number
}

/** Deterministic: the same prediction and item give the same id, others another, so that a repetition can be dropped. */
export function exampleIdOf(predictionId: string, itemId: string): string {
  return joinedId('/', [predictionId, itemId])
}

/** The shown candidates of a prediction that have a vector, best rank first, with all their labels. */
export function examplesOf(
  prediction: Prediction,
  { outcomes, rules, maturedAtMs }: JoinedOutcomes,
): Example[] {
  const { predictionId, requestId, userId, modelId, featureSetId, fallbackReason, occurredAtMs } = prediction
  return prediction.ranking.flatMap(({ itemId, rank, propensity, score, vector, flags }) => {
    const times = outcomes.get(itemId)
    if (times === undefined || vector === null || flags === null) return []
    const labels = rules.labelsOf(occurredAtMs, times)
    if (labels === null) return []
    return [
      {
        exampleId: exampleIdOf(predictionId, itemId),
        predictionId,
        requestId,
        userId,
        itemId,
        modelId,
        featureSetId,
        fallbackReason,
        occurredAtMs,
        maturedAtMs,
        rank,
        propensity,
        score,
        vector,
        flags,
        labels,
      },
    ]
  })
}
