import { bytesOfVector, type Prediction } from '#schemas'

export interface SamplePrediction {
  requestId: string
  occurredAtMs: number
  /** Best first. */
  items: readonly {
    itemId: string
    score?: number | null
    vector?: readonly number[] | null
    flags?: readonly number[]
  }[]
  userId?: string
  modelId?: string
  featureSetId?: string
}

/** A prediction as the scorer writes it. Vectors default to [1, 0]. */
export function samplePrediction(sample: SamplePrediction): Prediction {
  const { requestId, occurredAtMs, items, userId = 'u1', modelId = 'm1', featureSetId = 'fs' } = sample
  return {
    predictionId: `p:${requestId}`,
    requestId,
    userId,
    occurredAtMs,
    scoredAtMs: occurredAtMs,
    modelId,
    calibrationId: modelId === '' ? '' : 'identity',
    featureSetId,
    fallbackReason: modelId === '' ? 'no_model' : null,
    requestPartition: 0,
    requestOffset: 0,
    userOffset: -1,
    feedOffsets: [],
    context: [],
    ranking: items.map(({ itemId, score = 0.5, vector = [1, 0], flags }, rank) => ({
      itemId,
      score: modelId === '' ? null : score,
      rank,
      propensity: 1,
      vector: vector === null ? null : bytesOfVector(Float32Array.from(vector)),
      flags: vector === null ? null : Buffer.from(flags ?? vector.map(() => 0)),
      itemOffset: -1,
      unscoredReason: null,
    })),
  }
}
