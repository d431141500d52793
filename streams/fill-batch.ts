import type { Codec, RecordOf, TopicKey } from '#schemas'
import type { StreamsLimits } from './config.ts'
import { decodeRecord, runSteps } from './decode-record.ts'
import type { RawRecord } from './raw-record.ts'
import type { Batch, Clock, Logger, Outputs, Signals, Stage, StageRecord } from './stage.ts'
import { deadLetter, drop, pass, type Verdict } from './verdict.ts'
import { LOG_EVENTS } from './signals.ts'

export interface BatchFillerParts {
  codec: Codec
  clock: Clock
  log: Logger
  signals: Signals
  limits: Pick<StreamsLimits, 'recordBytesMax'>
}

/** A record that cannot be read yet. */
export interface Postponed {
  offset: number
  reason: string
  cause: unknown
}

/** Fills `batch.records` up to the first record that must be tried again. Dead letters are acknowledged on return. */
export type BatchFiller<K extends TopicKey> = (
  batch: Batch<K>,
  raws: readonly RawRecord[],
  topic: string,
  outputs: Outputs,
) => Promise<Postponed | null>

const TOMBSTONE = pass(null)
const CRASH_LOOP = 'crash_loop'

/** The record is not decoded: that may be what kills. */
const crashLoopVerdict = (crashLoop: NonNullable<RawRecord['crashLoop']>) =>
  crashLoop === 'given_up'
    ? drop<never>(CRASH_LOOP)
    : deadLetter<never>(
        CRASH_LOOP,
        'the process died each time it was alone at hand (limits.crashLoopDeathsMax)',
      )

/** Decodes, runs the steps and acts on their verdicts. */
export function createBatchFiller<K extends TopicKey>(
  stage: Stage<K>,
  parts: BatchFillerParts,
): BatchFiller<K> {
  const { codec, clock, log, signals, limits } = parts

  return async function fillBatch(batch, raws, topic, outputs) {
    let postponed: Postponed | null = null
    let deaths = 0
    const steps = stage.steps?.[batch.topic] ?? []
    const tombstone = stage.tombstones?.[batch.topic]
    const signaled = (signal: string) =>
      signals.count('steps_signaled', { stage: stage.name, topic: batch.topic, signal })
    for (const raw of raws) {
      const { partition, offset, brokerTimeMs, key } = raw
      const record: StageRecord<K> = { topic, partition, offset, brokerTimeMs, key, value: null }
      if (raw.isProducerTime === true) record.ownTimeMs = clock.nowMs()
      let verdict: Verdict<RecordOf[K] | null> = TOMBSTONE
      if (raw.crashLoop !== undefined) {
        verdict = crashLoopVerdict(raw.crashLoop)
      } else if (raw.value !== null) {
        const decoding = decodeRecord(codec, batch.topic, raw.value, limits.recordBytesMax)
        const decoded = decoding instanceof Promise ? await decoding : decoding
        verdict = decoded.kind === 'pass' ? runSteps(decoded, steps, record, signaled) : decoded
      } else if (tombstone !== undefined) verdict = tombstone(key, record)
      if (verdict.kind === 'pass') {
        record.value = verdict.value
        batch.records.push(record)
      } else if (verdict.kind === 'drop') {
        signals.count('records_dropped', { stage: stage.name, topic: batch.topic, reason: verdict.reason })
      } else if (verdict.kind === 'deadLetter') {
        bury(batch.topic, raw, topic, verdict, outputs)
        deaths += 1
      } else {
        postponed = { offset: raw.offset, reason: verdict.reason, cause: verdict.cause }
        break
      }
    }
    if (deaths > 0) await outputs.flush()
    return postponed
  }

  function bury(
    key: K,
    raw: RawRecord,
    topic: string,
    verdict: { reason: string; detail: string },
    outputs: Outputs,
  ) {
    const { reason, detail } = verdict
    signals.count('records_dead_lettered', { stage: stage.name, topic: key, reason })
    log.warn(
      { stage: stage.name, topic, partition: raw.partition, offset: raw.offset, reason, detail },
      LOG_EVENTS.recordDeadLettered,
    )
    outputs.add('deadLetters', {
      key: topic,
      value: {
        topic,
        partition: raw.partition,
        offset: raw.offset,
        reason,
        detail,
        stage: stage.name,
        key: raw.key,
        value: raw.value,
        diedAtMs: clock.nowMs(),
      },
    })
  }
}
