import { deadLetter, pass, type Step } from '../verdict.ts'
import { guessedUnit } from './guess-unit.ts'

export interface ClampFutureOptions {
  /** Event time may be this far ahead of the clock without being touched. */
  skewSecondsMax: number
  /** Farther than this is no clock skew: the record is dead-lettered (`far_future`). */
  farSecondsMax: number
  /** As in AbsurdTimeOptions: for the guess of what was meant. */
  earliestMs?: number | undefined
}

/**
 * A phone with a fast clock must not push event time forward for everyone else. The clock is the broker's where brokers
 * stamp records; where producers do, it is our own: no sender's clock bounds anything.
 */
export function clampFuture<T extends { occurredAtMs: number }>(options: ClampFutureOptions): Step<T> {
  const { skewSecondsMax, farSecondsMax, earliestMs = 1 } = options
  return function clampFuture(record, { brokerTimeMs, ownTimeMs }) {
    const clockMs = ownTimeMs ?? brokerTimeMs
    const aheadMs = record.occurredAtMs - clockMs
    if (aheadMs <= skewSecondsMax * 1_000) return pass(record)
    if (aheadMs > farSecondsMax * 1_000) {
      const whose = ownTimeMs === undefined ? "the broker's clock" : "this service's clock"
      const guess = guessedUnit(record.occurredAtMs, {
        earliestMs,
        latestMs: clockMs + farSecondsMax * 1_000,
      })
      const ahead = `occurredAtMs ${record.occurredAtMs} is ${Math.round(aheadMs / 1_000)} s ahead of ${whose}`
      return deadLetter(
        'far_future',
        `${ahead}${guess || ": the clock of the event's sender is wrong, or the field holds something else"}`,
      )
    }
    return pass({ ...record, occurredAtMs: clockMs + skewSecondsMax * 1_000 }, 'clock_skew_clamped')
  }
}
