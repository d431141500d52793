import type { Attribute, Interaction, Item, RankRequest, User } from '#schemas'
import type { LabelAudit } from './label-audit.ts'

/** One entry of a real log, at the log's own event time. */
export type LogEntry =
  | { kind: 'item'; atMs: number; item: Item }
  | { kind: 'user'; atMs: number; user: User }
  /** What somebody did without being asked for it: their past at the log's start, a search. */
  | { kind: 'interaction'; atMs: number; interaction: Interaction }
  /** What was asked and what came of it. The outcomes are told only after the request has been answered. */
  | {
      kind: 'impression'
      atMs: number
      request: RankRequest
      outcomes: Interaction[]
      /** Left out: the log does not say by what chance this was shown. */
      choice?: ShownByChance
    }

/** By what chance a log's policy chose the one item of a request, and what else it could have shown in that place. */
export interface ShownByChance {
  /** Above 0. */
  propensity: number
  /** Place among those that were shown together, 0 the first. */
  slot: number
  /** What could have been shown there, the shown one included, and what would have been known of it. */
  options: readonly { itemId: string; context: RankRequest['context'] }[]
}

/** A log that can be played: entries in event-time order. */
export interface FeedLog {
  readonly name: string
  /** Impressions, for the progress bar. */
  readonly impressions: number
  /** What was done to the log to make it readable, for people. */
  readonly notes?: readonly string[]
  entries(): AsyncIterable<LogEntry>
  /** Rows that were there more than once. Left out: nobody looked. */
  audit?(): LabelAudit
}

/** How a log is to be read, where its files do not say it. */
export interface DataSetOptions {
  /** Of times without a zone, by its IANA name; UTC when left out. */
  timeZone?: string
  /** A JSON file that says what the columns of a table are (log-map.ts). */
  mapPath?: string
}

export const text = (name: string, value: string): Attribute => ({ name, text: value, number: null })
export const number = (name: string, value: number): Attribute => ({ name, text: null, number: value })

/**
 * Merges sources that are each in event-time order; the earlier source goes first among equal times.
 * Holds one entry per source.
 */
export async function* mergeByTime<T extends { atMs: number }>(
  sources: readonly AsyncIterable<T>[],
): AsyncIterable<T> {
  const heads = await Promise.all(
    sources.map(async (source) => {
      const iterator = source[Symbol.asyncIterator]()
      return { iterator, head: await iterator.next() }
    }),
  )
  try {
    for (;;) {
      let earliest: (typeof heads)[number] | undefined
      for (const candidate of heads) {
        if (candidate.head.done === true) continue
        if (earliest === undefined || candidate.head.value.atMs < (earliest.head.value as T).atMs)
          earliest = candidate
      }
      if (earliest === undefined) return
      yield earliest.head.value as T
      earliest.head = await earliest.iterator.next()
    }
  } finally {
    for (const { iterator } of heads) await iterator.return?.()
  }
}
