import type { FeatureReader } from '#feature-store'
import type { Prediction } from '#schemas'
import type { Clock, Logger, Signals } from '#streams'
import type { ScorerConfig } from './config.ts'
import type { FallbackReason } from './fallback.ts'
import { type Answer, createModelAnswers } from './model-answers.ts'
import type { ModelLease } from './model-lease.ts'
import { predictionOf, type RequestAt } from './prediction-record.ts'
import { isExplored, rankCandidates } from './ranking.ts'
import { type ReadMicroBatch, readVectors } from './vector-reading.ts'

export interface RequestScoringOptions {
  config: Pick<ScorerConfig, 'vectorsRecordedMax' | 'explorationShare'>
  features: FeatureReader
  /** The live model for one prediction; undefined: none is live. */
  leaseModel(): ModelLease | undefined
  clock: Clock
  log: Logger
  signals: Signals
}

/** From requests to prediction records, for Kafka and HTTP alike: one store read, one model call, always an answer. */
export interface RequestScoring {
  /** One prediction per request, in order. Rejects only for bugs. */
  answer(requests: readonly RequestAt[]): Promise<Prediction[]>
}

export function createRequestScoring(options: RequestScoringOptions): RequestScoring {
  const { config, features, clock, signals } = options
  const modelAnswers = createModelAnswers(options)

  function predictionFor(
    batch: ReadMicroBatch,
    index: number,
    answer: Answer,
    scoredAtMs: number,
  ): Prediction {
    const at = batch.requests[index] as RequestAt
    const { requestId, candidates } = at.request
    const explorationShare = explorationShareOf(answer)
    const firstRow = batch.firstRows[index] as number
    const unscored = unscoredOf(batch.unscored, firstRow, candidates.length)
    return predictionOf({
      at,
      scoredAtMs,
      model: answer.model,
      fallbackReason: answer.fallbackReason,
      featureSetId: features.featureSet.id,
      ranking: rankCandidates({
        requestId,
        candidateCount: candidates.length,
        scores: answer.scores,
        explorationShare,
        unscored: new Set(unscored.keys()),
      }),
      unscored,
      scores: answer.scores,
      recorded: batch.recorded,
      requestIndex: index,
      firstRow,
      vectorsRecordedMax: config.vectorsRecordedMax,
    })
  }

  /** Without a model but with vectors, showing everything evenly is the fastest way to a first model. */
  function explorationShareOf({ fallbackReason }: Answer): number {
    return fallbackReason === 'no_model' ? 1 : config.explorationShare
  }

  function count(batch: ReadMicroBatch, answers: readonly Answer[]): void {
    let explored = 0
    const byReason = new Map<FallbackReason | null, number>()
    answers.forEach((answer, index) => {
      const { requestId } = (batch.requests[index] as RequestAt).request
      if (isExplored(requestId, explorationShareOf(answer))) explored += 1
      byReason.set(answer.fallbackReason, (byReason.get(answer.fallbackReason) ?? 0) + 1)
    })
    if (explored > 0) signals.count('requests_explored', {}, explored)
    for (const [reason, candidates] of countedBy(batch.unscored.values()))
      signals.count('candidates_unscored', { reason }, candidates)
    for (const [reason, requests] of byReason) {
      if (reason === null) signals.count('requests_scored', {}, requests)
      else signals.count('requests_fell_back', { reason }, requests)
    }
  }

  return {
    async answer(requests) {
      const batch = await readVectors(options, requests)
      const answers = await modelAnswers(batch)
      count(batch, answers)
      const scoredAtMs = clock.nowMs()
      return answers.map((answer, index) => predictionFor(batch, index, answer, scoredAtMs))
    },
  }
}

const NONE: ReadonlyMap<number, string> = new Map()

/** Of one request, by candidate. */
function unscoredOf(
  rows: ReadonlyMap<number, string>,
  firstRow: number,
  count: number,
): ReadonlyMap<number, string> {
  if (rows.size === 0) return NONE
  const found = new Map<number, string>()
  for (let candidate = 0; candidate < count; candidate++) {
    const reason = rows.get(firstRow + candidate)
    if (reason !== undefined) found.set(candidate, reason)
  }
  return found
}

function countedBy(reasons: Iterable<string>): Map<string, number> {
  const counts = new Map<string, number>()
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1)
  return counts
}
