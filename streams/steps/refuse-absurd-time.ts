import { deadLetter, pass, type Step } from '../verdict.ts'

/** Largest time value of ECMAScript, 13 September 275760. */
const LATEST_MS = 8.64e15

/** Event time must be a moment after 1970-01-01: everything downstream computes with it. */
export function refuseAbsurdTime<T extends { occurredAtMs: number }>(): Step<T> {
  return function refuseAbsurdTime(record) {
    const { occurredAtMs } = record
    if (Number.isFinite(occurredAtMs) && occurredAtMs > 0 && occurredAtMs <= LATEST_MS) return pass(record)
    return deadLetter('absurd_time', `occurredAtMs is ${occurredAtMs}`)
  }
}
