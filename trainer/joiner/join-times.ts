import type { LabelRules } from './label-rules.ts'

/** Event times that decide when an item's labels are final. */
export interface JoinTimes {
  rules: LabelRules
  /** After the request: what is shown later is no example. */
  shownWithinMs: number
  /** Event time that outcomes may arrive behind the stream. */
  graceMs: number
}
