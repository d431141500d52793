import type { Codec, RecordOf, TopicKey } from '#schemas'
import type { StreamsLimits } from './config.ts'
import { decodeRecord, runSteps } from './decode-record.ts'
import type { RawBatch, RawRecord } from './raw-record.ts'
import type { Batch, Clock, Logger, Outputs, Signals, Stage, StageRecord } from './stage.ts'
import { deadLetter, drop, pass, type Verdict } from './verdict.ts'
import { LOG_EVENTS } from './signals.ts'

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

type Postponed = { offset: number; reason: string; cause: unknown }

/**
 * decode → steps → act on verdicts → dead letters acknowledged → `stage.batch` → outputs acknowledged → outcome.
 * The same code runs on Kafka and in the topology test driver.
 *
 * @throws what `stage.batch` or the outputs threw: the stage must stop then.
 */
export function createStageRunner<K extends TopicKey>(
  stage: Stage<K>,
  parts: StageRunnerParts,
): StageRunner<K> {
  const { codec, clock, log, signals, limits } = parts
  /** Per partition, the record that it waits at. */
  const attempts = new Map<string, { offset: number; count: number }>()

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
      signals.observe('batch_finished_ms', clock.nowMs() - startedMs, labels)
      if (result.kind === 'seek') return result
      if (postponed !== null) return postpone(topic, raw, postponed, result.commit ?? batch.nextOffset)
      attempts.delete(`${topic}/${raw.partition}`)
      return { kind: 'done', nextOffset: batch.nextOffset, commit: result.commit ?? batch.nextOffset }
    }
    return postpone(topic, raw, postponed, null)
  }

  /** Fills `batch.records` up to the first record that must be tried again. Dead letters are acknowledged on return. */
  async function fillBatch(
    batch: Batch<K>,
    raws: readonly RawRecord[],
    topic: string,
    outputs: Outputs,
  ): Promise<Postponed | null> {
    let postponed: Postponed | null = null
    let deaths = 0
    const steps = stage.steps?.[batch.topic] ?? []
    const signaled = (signal: string) =>
      signals.count('steps_signaled', { stage: stage.name, topic: batch.topic, signal })
    for (const raw of raws) {
      const { partition, offset, brokerTimeMs, key } = raw
      const record: StageRecord<K> = { topic, partition, offset, brokerTimeMs, key, value: null }
      let verdict: Verdict<RecordOf[K] | null> = TOMBSTONE
      if (raw.crashLoop !== undefined) {
        verdict = crashLoopVerdict(raw.crashLoop)
      } else if (raw.value !== null) {
        const decoding = decodeRecord(codec, batch.topic, raw.value, limits.recordBytesMax)
        const decoded = decoding instanceof Promise ? await decoding : decoding
        verdict = decoded.kind === 'pass' ? runSteps(decoded, steps, record, signaled) : decoded
      }
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

  function postpone(
    topic: string,
    raw: RawBatch<K>,
    postponed: Postponed,
    commit: number | null,
  ): RunOutcome {
    const { offset, reason, cause } = postponed
    const place = `${topic}/${raw.partition}`
    const before = attempts.get(place)
    const count = before?.offset === offset ? before.count + 1 : 1
    attempts.set(place, { offset, count })
    signals.count('records_retried', { stage: stage.name, topic: raw.topic, reason })
    const parked = count >= limits.retryAttemptsMax
    const delayMs = Math.min(limits.retryDelayMs * 2 ** (count - 1), limits.retryDelayMaxMs)
    const fields = {
      stage: stage.name,
      topic,
      partition: raw.partition,
      offset,
      reason,
      count,
      delayMs,
      cause,
    }
    if (parked) signals.count('records_parked', { stage: stage.name, topic: raw.topic, reason })
    if (count === limits.retryAttemptsMax) log.error(fields, LOG_EVENTS.recordParked)
    else log.warn({ ...fields, parked }, LOG_EVENTS.recordPostponed)
    return { kind: 'retry', offset, commit, delayMs, parked }
  }
}
