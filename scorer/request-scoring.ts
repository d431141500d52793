import type { FeatureReader } from '#feature-store'
import type { Prediction } from '#schemas'
import { type Clock, codeOf, type Logger, type Signals } from '#streams'
import { calibrationOf } from './calibration.ts'
import type { ScorerConfig } from './config.ts'
import type { FallbackReason } from './fallback.ts'
import type { ModelLease } from './model-lease.ts'
import { ModelCallError } from './model/index.ts'
import { predictionOf, type RecordedVectors, recordedVectors, type RequestAt } from './prediction-record.ts'
import { isExplored, rankCandidates } from './ranking.ts'
import { LOG_EVENTS } from './signals.ts'

export interface RequestScoringOptions {
  config: Pick<ScorerConfig, 'vectorsRecordedMax' | 'explorationShare'>
  features: FeatureReader
  /** The live model for one prediction; undefined: none is live. */
  leaseModel(): ModelLease | undefined
  clock: Clock
  log: Logger
  signals: Signals
}

/** A micro-batch after the store was read. `firstRows[i]` is the row of request i's first candidate. */
interface ReadMicroBatch {
  requests: readonly RequestAt[]
  firstRows: readonly number[]
  rows: number
  recorded: RecordedVectors | null
  /** Why there are no vectors. */
  missing: FallbackReason | null
}

/** Scores of one request, or why there are none. */
interface Answer {
  scores: Float32Array | null
  model: { modelId: string; calibrationId: string } | null
  fallbackReason: FallbackReason | null
}

/** From requests to prediction records, for Kafka and HTTP alike: one store read, one model call, always an answer. */
export interface RequestScoring {
  /** One prediction per request, in order. Rejects only for bugs. */
  answer(requests: readonly RequestAt[]): Promise<Prediction[]>
}

export function createRequestScoring(options: RequestScoringOptions): RequestScoring {
  const { config, features, leaseModel, clock, log, signals } = options
  const { featureSet } = features

  async function read(requests: readonly RequestAt[]): Promise<ReadMicroBatch> {
    const firstRows: number[] = []
    let rows = 0
    for (const { request } of requests) {
      firstRows.push(rows)
      rows += request.candidates.length
    }
    const startedAtMs = clock.nowMs()
    const answer = await features.read(
      requests.map(({ request: { userId, candidates, context, occurredAtMs } }) => ({
        userId,
        itemIds: candidates,
        context,
        occurredAtMs,
      })),
    )
    signals.observe('store_read_ms', clock.nowMs() - startedAtMs)
    signals.observe('micro_batch_scored_rows', rows)
    const at = { requests, firstRows, rows }
    switch (answer.kind) {
      case 'vectors':
        return { recorded: recordedVectors(answer.vectors, featureSet.width), missing: null, ...at }
      case 'not_ready':
        return { recorded: null, missing: 'store_not_ready', ...at }
      case 'unavailable':
        log.warn(
          { code: codeOf(answer.cause), detail: String(answer.cause), requests: requests.length },
          LOG_EVENTS.storeUnavailable,
        )
        return { recorded: null, missing: 'store_unavailable', ...at }
    }
  }

  async function answersOf(batch: ReadMicroBatch): Promise<Answer[]> {
    if (batch.recorded === null)
      return batch.requests.map(() => fallback(batch.missing ?? 'store_unavailable'))
    const lease = leaseModel()
    if (lease === undefined) return batch.requests.map(() => fallback('no_model'))
    const startedAtMs = clock.nowMs()
    try {
      return await modelAnswers(lease, batch, batch.recorded.vectors.vectors)
    } finally {
      lease.release()
      signals.observe('model_called_ms', clock.nowMs() - startedAtMs)
    }
  }

  /** One call for all; if one request's vectors are not finite, one call each, so that the others keep their scores. */
  async function modelAnswers(
    lease: ModelLease,
    batch: ReadMicroBatch,
    vectors: Float32Array,
  ): Promise<Answer[]> {
    const { width } = featureSet
    const slices = batch.requests.map(({ request }, index) => {
      const first = batch.firstRows[index] as number
      return { first, rows: request.candidates.length }
    })
    try {
      const scores = await lease.session.predict(vectors, batch.rows)
      return slices.map(({ first, rows }) => scored(lease, scores.subarray(first, first + rows)))
    } catch (error) {
      if (!isBadInput(error) || slices.length === 1) {
        const failed = modelFailed(lease, error)
        return slices.map(() => failed)
      }
    }
    const answers: Answer[] = []
    for (const { first, rows } of slices) {
      try {
        const own = vectors.subarray(first * width, (first + rows) * width)
        answers.push(scored(lease, await lease.session.predict(own, rows)))
      } catch (error) {
        answers.push(modelFailed(lease, error))
      }
    }
    return answers
  }

  function modelFailed(lease: ModelLease, error: unknown): Answer {
    const code = codeOf(error)
    const { modelId } = lease.session.manifest
    signals.count('model_calls_failed', { code })
    log.error(
      { modelId, code, detail: error instanceof Error ? error.message : String(error) },
      LOG_EVENTS.modelCallFailed,
    )
    return fallback(code === 'call_timeout' ? 'deadline' : 'model_error')
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
      featureSetId: featureSet.id,
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
      const batch = await read(requests)
      const answers = await answersOf(batch)
      count(batch, answers)
      const scoredAtMs = clock.nowMs()
      return answers.map((answer, index) => predictionFor(batch, index, answer, scoredAtMs))
    },
  }
}

function fallback(fallbackReason: FallbackReason): Answer {
  return { scores: null, model: null, fallbackReason }
}

function scored({ session: { manifest } }: ModelLease, scores: Float32Array): Answer {
  const { modelId, calibrationId } = manifest
  const calibrate = calibrationOf(calibrationId)
  if (calibrate === undefined) return fallback('model_error')
  return { scores: calibrate(scores), model: { modelId, calibrationId }, fallbackReason: null }
}

function isBadInput(error: unknown): boolean {
  return error instanceof ModelCallError && error.code === 'input_not_finite'
}
