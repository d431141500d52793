import type { Codec, TopicKey } from '#schemas'
import type { StreamsLimits } from './config.ts'
import { createBatchFiller } from './fill-batch.ts'
import { createPostponements } from './postponements.ts'
import type { RawBatch } from './raw-record.ts'
import type { Batch, Clock, Logger, Outputs, Signals, Stage } from './stage.ts'

/** What the shell does after a batch: the runner decides, the shell moves offsets. */
export type RunOutcome =
  | { kind: 'done'; nextOffset: number; commit: number }
  | { kind: 'seek'; offset: number }
  /**
   * Everything before `offset` is done (commit it when it is given); begin there again after the delay. `parked`: it
   * was tried `retryAttemptsMax` times; its partition waits for as long as it takes, the others go on.
   */
  | { kind: 'retry'; offset: number; commit: number | null; delayMs: number; parked: boolean }

export interface StageRunnerParts {
  codec: Codec
  clock: Clock
  log: Logger
  signals: Signals
  limits: StreamsLimits
  topicName(topic: TopicKey): string
}

/** Runs one batch of one partition. One at a time per partition; partitions may overlap. */
export type StageRunner<K extends TopicKey> = (raw: RawBatch<K>, outputs: Outputs) => Promise<RunOutcome>

/**
 * decode → steps → act on verdicts → dead letters acknowledged → `stage.batch` → outputs acknowledged → outcome.
 * The same code runs on Kafka and in memory.
 *
 * @throws what `stage.batch` or the outputs threw: the stage must stop then.
 */
export function createStageRunner<K extends TopicKey>(
  stage: Stage<K>,
  parts: StageRunnerParts,
): StageRunner<K> {
  const { clock, signals } = parts
  const fillBatch = createBatchFiller(stage, parts)
  const postponements = createPostponements<K>({ ...parts, stage: stage.name })

  return async function runBatch(raw, outputs) {
    const startedMs = clock.nowMs()
    const topic = parts.topicName(raw.topic)
    const labels = { stage: stage.name, topic: raw.topic }
    signals.count('records_fetched', labels, raw.records.length)

    const batch: Batch<K> = {
      topic: raw.topic,
      partition: raw.partition,
      firstOffset: raw.records[0]?.offset ?? raw.nextOffset,
      nextOffset: raw.nextOffset,
      records: [],
      endOffset: raw.endOffset,
    }
    const postponed = await fillBatch(batch, raw.records, topic, outputs)
    if (postponed !== null) batch.nextOffset = postponed.offset

    if (postponed === null || batch.nextOffset > batch.firstOffset) {
      const result = await stage.batch(batch, outputs)
      await outputs.flush()
      signals.observe('batch_finished_seconds', (clock.nowMs() - startedMs) / 1_000, labels)
      if (result.kind === 'seek') return result
      if (postponed !== null)
        return postponements.postpone(topic, raw, postponed, result.commit ?? batch.nextOffset)
      postponements.over(topic, raw.partition)
      return { kind: 'done', nextOffset: batch.nextOffset, commit: result.commit ?? batch.nextOffset }
    }
    return postponements.postpone(topic, raw, postponed, null)
  }
}
