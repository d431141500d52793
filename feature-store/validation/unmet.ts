import type { Logger, RecordMeta, Signals } from '#streams'
import { LOG_EVENTS, SIGNALS } from '../signals.ts'

/** A record of a stream that is not as a suite expects. */
export interface Unmet {
  table: string
  /** Columns and the name of the expectation. */
  expectation: string
  isFatal: boolean
  /** Of the record: all that is told of it. */
  ids: Readonly<Record<string, string>>
  meta: RecordMeta
}
export type TellUnmet = (unmet: Unmet) => void

/**
 * Counts every violation by its expectation, and logs an example. The log holds equal lines back (`log-limit.ts`): of one
 * expectation it writes one line in half a minute, with how many there were.
 */
export function createTellUnmet({ signals, log }: { signals: Signals; log: Logger }): TellUnmet {
  return function tellUnmet({ table, expectation, isFatal, ids, meta }) {
    const severity = isFatal ? 'fatal' : 'warning'
    signals.count(SIGNALS.expectationsUnmet, { table, expectation, severity })
    const { topic, partition, offset } = meta
    // `reason` tells kinds of lines apart; the place may not, or every record would be a kind of its own.
    log.warn(
      {
        reason: `${table}: ${expectation}`,
        severity,
        ...ids,
        // By HTTP there is no place.
        ...(offset < 0 ? {} : { at: `${topic}/${String(partition)}@${String(offset)}` }),
      },
      LOG_EVENTS.expectationUnmet,
    )
  }
}
