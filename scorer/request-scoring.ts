import type { Prediction } from '#schemas'
import type { Clock, Logger, Signals } from '#streams'
import type { ScorerConfig } from './config.ts'
import type { FallbackReason } from './fallback.ts'
import { type Answer, createModelAnswers } from './model-answers.ts'
import type { ModelLease } from './model-lease.ts'
import { predictionOf, type RequestAt } from './prediction-record.ts'
import { isExplored, rankCandidates } from './ranking.ts'
import { createSetReading, type SetReadingOptions } from './set-reading.ts'
import type { ReadMicroBatch } from './vector-reading.ts'

export interface RequestScoringOptions extends SetReadingOptions {
  config: Pick<ScorerConfig, 'vectorsRecordedMax' | 'explorationShare'>
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
  const { config, clock, signals } = options
  const { readFor, readBoth } = createSetReading(options)
  const modelAnswers = createModelAnswers({ ...options, readFor })

  function predictionFor(
    batch: ReadMicroBatch,
    index: number,
    answer: Answer,
    scoredAtMs: number,
  ): Prediction {
    const at = batch.requests[index] as RequestAt
    const { requestId, candidates } = at.request
    const explorationShare = explorationShareOf(answer)
    return predictionOf({
      at,
      scoredAtMs,
      model: answer.model,
      fallbackReason: answer.fallbackReason,
      featureSetId: batch.featureSetId,
      ranking: rankCandidates({
        requestId,
        candidateCount: candidates.length,
        scores: answer.scores,
        explorationShare,
      }),
      scores: answer.scores,
      recorded: batch.recorded,
      requestIndex: index,
      firstRow: batch.firstRows[index] as number,
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
    for (const [reason, requests] of byReason) {
      if (reason === null) signals.count('requests_scored', {}, requests)
      else signals.count('requests_fell_back', { reason }, requests)
    }
  }

  return {
    async answer(requests) {
      const { eaten, recorded } = await readBoth(requests)
      const answers = await modelAnswers(eaten)
      count(recorded, answers)
      const scoredAtMs = clock.nowMs()
      return answers.map((answer, index) => predictionFor(recorded, index, answer, scoredAtMs))
    },
  }
}
