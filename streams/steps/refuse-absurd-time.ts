import { deadLetter, pass, type Step } from '../verdict.ts'
import { guessedUnit, LATEST_MS } from './guess-unit.ts'

export interface AbsurdTimeOptions {
  /** An earlier event time is another unit or another field (limits.earliestEventMs). */
  earliestMs?: number | undefined
}

/** A guess may lie so far ahead of the clock: what is meant is then plain enough. */
const GUESS_AHEAD_MS = 366 * 86_400_000

/** Event time must be a moment that a feed can have lived through: everything downstream computes with it. */
export function refuseAbsurdTime<T extends { occurredAtMs: number }>({
  earliestMs = 0,
}: AbsurdTimeOptions = {}): Step<T> {
  return function refuseAbsurdTime(record, { brokerTimeMs }) {
    const { occurredAtMs } = record
    if (occurredAtMs > 0 && occurredAtMs >= earliestMs && occurredAtMs <= LATEST_MS) return pass(record)
    const plausible = { earliestMs: Math.max(earliestMs, 1), latestMs: brokerTimeMs + GUESS_AHEAD_MS }
    const bound =
      occurredAtMs > 0 && occurredAtMs < earliestMs
        ? `, before ${new Date(earliestMs).toISOString()} (limits.earliestEventMs)`
        : ''
    return deadLetter(
      'absurd_time',
      `occurredAtMs is ${occurredAtMs}${bound}${guessedUnit(occurredAtMs, plausible)}`,
    )
  }
}
