import type { FeedLog } from '../datasets/index.ts'
import type { Played, PlayCounts } from '../backtest/played.ts'
import type { CollectedRows } from './collected-rows.ts'

/** What is kept of a pass over a log beside the rows that learn. */
export interface PassTables extends Pick<Played, 'rows' | 'slices'> {
  counts: Pick<PlayCounts, 'requests'>
}

/** Vectors and labels that were made before, such as those of an export: nothing is left to be played. */
export interface ReadyRows extends Pick<FeedLog, 'name' | 'impressions' | 'notes' | 'audit'> {
  played: PassTables
  rows: CollectedRows
}

export const isReady = (log: FeedLog | ReadyRows): log is ReadyRows => 'played' in log
