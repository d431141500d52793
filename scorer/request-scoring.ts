import type { FeatureReader, FeatureSets } from '#feature-store'
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
  /** Sets beside the configured one; left out: there are none. */
  sets?: Pick<FeatureSets, 'find' | 'isReady'> | undefined
  /** On which features the live model was made; undefined: none is live. */
  liveSetId?(): string | undefined
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
  const { config, features, sets, clock, signals } = options
  const ownId = features.featureSet.id
  const modelAnswers = createModelAnswers({ ...options, readFor })

  async function readFor(
    featureSetId: string,
    requests: readonly RequestAt[],
  ): Promise<ReadMicroBatch | undefined> {
    const reader = featureSetId === ownId ? features : sets?.find(featureSetId)
    return reader && (await readVectors({ ...options, features: reader }, requests))
  }

  /**
   * What the live model eats, and what is recorded. While a model of another set serves, the vectors of the configured one
   * are recorded as soon as all its states are there: a model on the new set is made of them.
   */
  async function readBoth(
    requests: readonly RequestAt[],
  ): Promise<{ eaten: ReadMicroBatch; recorded: ReadMicroBatch }> {
    const liveId = options.liveSetId?.() ?? ownId
    if (liveId === ownId || sets?.find(liveId) === undefined) {
      const eaten = await readVectors(options, requests)
      return { eaten, recorded: eaten }
    }
    const [eaten, own] = await Promise.all([
      readFor(liveId, requests),
      sets.isReady(ownId) ? readVectors(options, requests) : undefined,
    ])
    return { eaten: eaten!, recorded: own?.recorded ? own : eaten! }
  }

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
