import type { Batch } from 'kafkajs'
import type { Clock, Signals } from '../stage.ts'

/**
 * How far a stage is behind after a fetch, in records and in seconds. Seconds: the age of the last record it read while
 * more of them wait, the best that a consumer can say without asking for the next one; 0 when nothing waits.
 */
export function gaugeLag(
  stage: string,
  batch: Batch,
  { signals, clock }: { signals: Signals; clock: Clock },
): void {
  const { topic, partition } = batch
  const labels = { stage, topic, partition: String(partition) }
  const records = Math.max(0, Number(batch.highWatermark) - Number(batch.lastOffset()) - 1)
  const readToMs = Number(batch.messages.at(-1)?.timestamp ?? clock.nowMs())
  const seconds = records === 0 ? 0 : Math.max(0, clock.nowMs() - readToMs) / 1_000
  signals.gauge('partition_lagged_records', records, labels)
  signals.gauge('partition_lagged_seconds', seconds, labels)
}
