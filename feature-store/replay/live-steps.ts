import type { Step, Verdict } from '#streams'
import { DEFAULT_FUTURE } from '../feature-store.ts'
import { recordSteps, type RecordSteps } from '../stages/record-steps.ts'
import type { LoggedRecord, ReplayedRecords, ReplayedTopic, ReplayOptions } from './replay.ts'

/** What the live steps of a topic make of a record; null when they refuse it. */
export type LiveSteps = <T extends ReplayedTopic>(
  topic: T,
  record: LoggedRecord<ReplayedRecords[T]>,
) => ReplayedRecords[T] | null

export function createLiveSteps(options: ReplayOptions): LiveSteps {
  const steps: RecordSteps = recordSteps({ ...DEFAULT_FUTURE, ...options, config: options.featureSet.config })
  return function passed<T extends ReplayedTopic>(topic: T, record: LoggedRecord<ReplayedRecords[T]>) {
    if (record.value === null) return null
    const { partition, offset, brokerTimeMs, isProducerTime, key } = record
    const place = { topic: options.topicName(topic), partition, offset, brokerTimeMs, key }
    const meta = isProducerTime === true ? { ...place, ownTimeMs: Infinity } : place
    let value = record.value
    for (const step of steps[topic] as unknown as readonly Step<ReplayedRecords[T]>[]) {
      const verdict: Verdict<ReplayedRecords[T]> = step(value, meta)
      if (verdict.kind !== 'pass') return null
      value = verdict.value
    }
    return value
  }
}
