import type { RawBatch } from '../../raw-record.ts'
import type { Clock, Signals } from '../../stage.ts'

/**
 * How far a stage is behind after a fetch, in records and in seconds. Seconds: the age of the last record it read while
 * more of them wait, the best that a consumer can say without asking for the next one; 0 when nothing waits.
 */
export function gaugeLag(
  stage: string,
  topic: string,
  fetched: RawBatch,
  { signals, clock }: { signals: Signals; clock: Clock },
): void {
  const labels = { stage, topic, partition: String(fetched.partition) }
  const records = Math.max(0, fetched.endOffset - fetched.nextOffset)
  const readToMs = fetched.records.at(-1)?.brokerTimeMs ?? clock.nowMs()
  const seconds = records === 0 ? 0 : Math.max(0, clock.nowMs() - readToMs) / 1_000
  signals.gauge('partition_lagged_records', records, labels)
  signals.gauge('partition_lagged_seconds', seconds, labels)
}
