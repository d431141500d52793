/** What a step decided about one record. Steps decide; `stage-runner.ts` alone acts. */
export type Verdict<T> =
  | { kind: 'pass'; value: T; signal?: string }
  | { kind: 'drop'; reason: string }
  | { kind: 'deadLetter'; reason: string; detail: string }
  | { kind: 'retry'; reason: string; cause?: unknown }

export const pass = <T>(value: T, signal?: string): Verdict<T> =>
  signal === undefined ? { kind: 'pass', value } : { kind: 'pass', value, signal }
export const drop = <T>(reason: string): Verdict<T> => ({ kind: 'drop', reason })
export const deadLetter = <T>(reason: string, detail: string): Verdict<T> => ({
  kind: 'deadLetter',
  reason,
  detail,
})
export const retry = <T>(reason: string, cause?: unknown): Verdict<T> => ({ kind: 'retry', reason, cause })

/** What a step may know about a record besides its value. */
export interface RecordMeta {
  topic: string
  partition: number
  offset: number
  /** As it lies in the topic; null: it has none. undefined: it came another way. */
  key?: Buffer | null
  /** The record's timestamp: the broker's, unless `ownTimeMs` is given. */
  brokerTimeMs: number
  /** Our wall clock when it was read, where its producer stamped it (CreateTime): that stamp says nothing about time. */
  ownTimeMs?: number
}

/** A pure function: same record, same verdict. */
export type Step<In, Out = In> = (value: In, meta: RecordMeta) => Verdict<Out>
