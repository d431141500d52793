import { type FeatureReader, unscoredRows } from '#feature-store'
import { type Clock, codeOf, type Logger, type Signals } from '#streams'
import type { FallbackReason } from './fallback.ts'
import { type RecordedVectors, recordedVectors, type RequestAt } from './prediction-record.ts'
import { LOG_EVENTS } from './signals.ts'

/** A micro-batch after the store was read. `firstRows[i]` is the row of request i's first candidate. */
export interface ReadMicroBatch {
  requests: readonly RequestAt[]
  firstRows: readonly number[]
  rows: number
  recorded: RecordedVectors | null
  /** Rows that features do not let be scored, and why. */
  unscored: ReadonlyMap<number, string>
  /** Why there are no vectors. */
  missing: FallbackReason | null
}

export interface VectorReadingOptions {
  features: FeatureReader
  clock: Clock
  log: Logger
  signals: Signals
}

const NONE: ReadonlyMap<number, string> = new Map()

/** The vectors of every candidate of every request: one store read. */
export async function readVectors(
  { features, clock, log, signals }: VectorReadingOptions,
  requests: readonly RequestAt[],
): Promise<ReadMicroBatch> {
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
  signals.observe('store_read_seconds', (clock.nowMs() - startedAtMs) / 1_000)
  signals.observe('micro_batch_scored_rows', rows)
  const at = { requests, firstRows, rows }
  switch (answer.kind) {
    case 'vectors':
      return {
        recorded: recordedVectors(answer.vectors, features.featureSet.width),
        unscored: unscoredRows(features.featureSet, answer.vectors.flags),
        missing: null,
        ...at,
      }
    case 'not_ready':
      return { recorded: null, unscored: NONE, missing: 'store_not_ready', ...at }
    case 'unavailable':
      log.warn(
        { code: codeOf(answer.cause), detail: String(answer.cause), requests: requests.length },
        LOG_EVENTS.storeUnavailable,
      )
      return { recorded: null, unscored: NONE, missing: 'store_unavailable', ...at }
  }
}
