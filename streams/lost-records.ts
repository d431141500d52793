import type { Logger, Signals } from './stage.ts'
import { LOG_EVENTS } from './signals.ts'

export interface LostRecords {
  stage: string
  topic: string
  partition: number
  /** Where the stage wanted to go on. */
  wanted: number
  /** The first offset that is left. */
  first: number
}

/** Retention removed records that a stage had not read. They cannot be had back: it goes on, but not in silence. */
export function tellLostRecords(
  lost: LostRecords,
  { log, signals }: { log: Logger; signals: Signals },
): void {
  const { stage, topic, wanted, first } = lost
  const records = first - wanted
  signals.count('records_lost_to_retention', { stage, topic }, records)
  log.error({ ...lost, records }, LOG_EVENTS.recordsLost)
}
