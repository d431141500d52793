import type { RawRecord } from './raw-record.ts'

/** Records of one topic that were kept elsewhere before Kafka removed them. */
export interface EarlierRecords {
  /** From this offset on a partition is read from the topic; what lies before is read here. 0: nothing does. */
  until(partition: number): number
  /** Records from this offset on, which is below `until`. @returns the first offset behind them, above the one asked for */
  read(partition: number, offset: number): Promise<{ records: readonly RawRecord[]; nextOffset: number }>
}
