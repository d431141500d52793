import { endianness } from 'node:os'
import type { FeatureVectors } from '#feature-store'
import { bytesOfVector, type Prediction, type RankedItem, type RankRequest } from '#schemas'
import type { FallbackReason } from './fallback.ts'
import type { RankedCandidate } from './ranking.ts'

/** A request that passed the steps, and where it was read (-1: it came by HTTP). */
export interface RequestAt {
  request: RankRequest
  partition: number
  offset: number
}

/** The same request always gets the same id: a duplicate can be seen, by the feed and by the joiner. */
export function predictionIdOf(requestId: string): string {
  return `p:${requestId}`
}

/** The vectors of a micro-batch as the bytes that records carry. Shared memory, not a copy, on little-endian machines. */
export interface RecordedVectors {
  vectors: FeatureVectors
  bytes: Buffer
  width: number
}

export function recordedVectors(vectors: FeatureVectors, width: number): RecordedVectors {
  const floats = vectors.vectors
  const bytes =
    endianness() === 'LE'
      ? Buffer.from(floats.buffer as ArrayBuffer, floats.byteOffset, floats.byteLength)
      : bytesOfVector(floats)
  return { vectors, bytes, width }
}

export interface PredictionParts {
  at: RequestAt
  scoredAtMs: number
  model: { modelId: string; calibrationId: string } | null
  fallbackReason: FallbackReason | null
  featureSetId: string
  ranking: readonly RankedCandidate[]
  /** Calibrated, per candidate. */
  scores: Float32Array | null
  /** Candidates that are not scored, and why; left out: all are. */
  unscored?: ReadonlyMap<number, string>
  /** null: the store did not answer. */
  recorded: RecordedVectors | null
  /** The request's place in the micro-batch: its index, and the row of its first candidate. */
  requestIndex: number
  firstRow: number
  vectorsRecordedMax: number
}

/** The record that training, audit, drift, replay and the feed all read. */
export function predictionOf(parts: PredictionParts): Prediction {
  const { at, model, recorded } = parts
  const { requestId, userId, occurredAtMs, context } = at.request
  return {
    predictionId: predictionIdOf(requestId),
    requestId,
    userId,
    occurredAtMs,
    scoredAtMs: parts.scoredAtMs,
    modelId: model?.modelId ?? '',
    calibrationId: model?.calibrationId ?? '',
    featureSetId: parts.featureSetId,
    fallbackReason: parts.fallbackReason,
    requestPartition: at.partition,
    requestOffset: at.offset,
    userOffset: recorded?.vectors.userOffsets[parts.requestIndex] ?? -1,
    context,
    ranking: parts.ranking.map((ranked) => rankedItemOf(parts, ranked)),
    feedOffsets: recorded?.vectors.feedOffsets ?? [],
  }
}

function rankedItemOf(parts: PredictionParts, { candidate, rank, propensity }: RankedCandidate): RankedItem {
  const { at, scores, recorded, firstRow, vectorsRecordedMax } = parts
  const row = firstRow + candidate
  const kept = rank < vectorsRecordedMax ? recorded : null
  const unscoredReason = parts.unscored?.get(candidate) ?? null
  return {
    itemId: at.request.candidates[candidate] as string,
    score: scores === null || unscoredReason !== null ? null : (scores[candidate] as number),
    rank,
    propensity,
    vector: kept === null ? null : kept.bytes.subarray(row * kept.width * 4, (row + 1) * kept.width * 4),
    flags: kept === null ? null : flagsOf(kept.vectors.flags, row, kept.width),
    itemOffset: recorded?.vectors.itemOffsets[row] ?? -1,
    unscoredReason,
  }
}

function flagsOf(flags: Uint8Array, row: number, width: number): Buffer {
  return Buffer.from(flags.buffer as ArrayBuffer, flags.byteOffset + row * width, width)
}
