import { type Clock, codeOf, type Logger, type Signals } from '#streams'
import type { FallbackReason } from './fallback.ts'
import type { ModelLease } from './model-lease.ts'
import { ModelCallError } from './model/index.ts'
import type { RecordedVectors } from './prediction-record.ts'
import type { ReadMicroBatch } from './vector-reading.ts'
import { LOG_EVENTS } from './signals.ts'

/** Calibrated scores of one request, or why there are none. */
export interface Answer {
  scores: Float32Array | null
  model: { modelId: string; calibrationId: string } | null
  fallbackReason: FallbackReason | null
}

export interface ModelAnswersOptions {
  /** The live model for one prediction; undefined: none is live. */
  leaseModel(): ModelLease | undefined
  /** The same requests with the vectors of another feature set; undefined: nobody keeps it. */
  readFor(featureSetId: string, requests: ReadMicroBatch['requests']): Promise<ReadMicroBatch | undefined>
  clock: Clock
  log: Logger
  signals: Signals
}

/** Scores of a micro-batch by the live model; one answer per request, in order. Never rejects. */
export type ModelAnswers = (batch: ReadMicroBatch) => Promise<Answer[]>

export function createModelAnswers({
  leaseModel,
  readFor,
  clock,
  log,
  signals,
}: ModelAnswersOptions): ModelAnswers {
  /** One call for all; if one request's vectors are not finite, one call each, so that the others keep their scores. */
  async function scoredBy(
    lease: ModelLease,
    batch: ReadMicroBatch,
    recorded: RecordedVectors,
  ): Promise<Answer[]> {
    const { vectors } = recorded.vectors
    const { width } = recorded
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

  return async function modelAnswers(batch) {
    const { requests } = batch
    if (batch.recorded === null) return requests.map(() => fallback(batch.missing ?? 'store_unavailable'))
    const lease = leaseModel()
    if (lease === undefined) return requests.map(() => fallback('no_model'))
    const startedAtMs = clock.nowMs()
    try {
      const { featureSetId } = lease.session.manifest
      // Swapped in since the vectors were read, and made on other features.
      const eaten = featureSetId === batch.featureSetId ? batch : await readFor(featureSetId, requests)
      if (eaten === undefined || eaten.recorded === null)
        return requests.map(() => fallback(eaten?.missing ?? 'store_not_ready'))
      return await scoredBy(lease, eaten, eaten.recorded)
    } finally {
      lease.release()
      signals.observe('model_called_seconds', (clock.nowMs() - startedAtMs) / 1_000)
    }
  }
}

function fallback(fallbackReason: FallbackReason): Answer {
  return { scores: null, model: null, fallbackReason }
}

function scored({ session }: ModelLease, scores: Float32Array): Answer {
  const { modelId, calibrationId } = session.manifest
  return { scores, model: { modelId, calibrationId }, fallbackReason: null }
}

function isBadInput(error: unknown): boolean {
  return error instanceof ModelCallError && error.code === 'input_not_finite'
}
