import { joinedId, type Example, type Prediction, type RankedItem } from '#schemas'

/** Deterministic: the same prediction and item give the same id, so that a repetition can be dropped. */
export function exampleIdOf(predictionId: string, itemId: string): string {
  return joinedId('/', [predictionId, itemId])
}

/** One shown candidate of a prediction with all its labels; undefined when it has no vector. */
export function exampleOf(
  prediction: Prediction,
  { itemId, rank, propensity, score, vector, flags }: RankedItem,
  { labels, toldBy, maturedAtMs, position }: Pick<Example, 'labels' | 'toldBy' | 'maturedAtMs' | 'position'>,
): Example | undefined {
  if (vector === null || flags === null) return undefined
  const { predictionId, requestId, userId, modelId, featureSetId, fallbackReason, occurredAtMs } = prediction
  return {
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
    toldBy,
    labelsOut: [],
    position,
  }
}
