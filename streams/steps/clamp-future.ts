import { deadLetter, pass, type Step } from '../verdict.ts'

export interface ClampFutureOptions {
  /** Event time may be this far ahead of the broker's without being touched. */
  skewSecondsMax: number
  /** Farther than this is no clock skew: the record is dead-lettered (`far_future`). */
  farSecondsMax: number
}

/** A phone with a fast clock must not push event time forward for everyone else. */
export function clampFuture<T extends { occurredAtMs: number }>(options: ClampFutureOptions): Step<T> {
  const { skewSecondsMax, farSecondsMax } = options
  return function clampFuture(record, { brokerTimeMs }) {
    const aheadMs = record.occurredAtMs - brokerTimeMs
    if (aheadMs <= skewSecondsMax * 1_000) return pass(record)
    if (aheadMs > farSecondsMax * 1_000) {
      return deadLetter(
        'far_future',
        `occurredAtMs ${record.occurredAtMs} is ${Math.round(aheadMs / 1_000)} s ahead of its record's timestamp ${String(brokerTimeMs)}: the clock of whoever made it, or of its sender where the topic has CreateTime, is wrong`,
      )
    }
    return pass({ ...record, occurredAtMs: brokerTimeMs + skewSecondsMax * 1_000 }, 'clock_skew_clamped')
  }
}
