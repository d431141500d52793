import type { EntityState } from './entity-state.ts'
import { fold } from './fold.ts'
import { buildLayout, type StateLayout } from './layout.ts'

/**
 * Under this id a partition of interactions keeps what happened in all of it: behind the fence of its users, so as exact as
 * they are. No user has it: interactions and requests with an empty user id are refused.
 *
 * Every read takes those of all partitions, a key for each; a prediction records what each had seen (feedOffsets).
 */
export const FEED_ID = ''

/** The feed's clock ticks in whole seconds: what fades is faded once a second, and not once an interaction. */
const TICK_MS = 1_000

/** Where the counts of a rate are among the counters of the feed's layout. */
export interface RateCounters {
  readonly successes: number
  readonly trials: number
}

/** Successes per trial of the whole feed. */
export interface FeedRate {
  readonly ever: RateCounters
  /** The same with a half-life; null: nothing fades. */
  readonly fading: RateCounters | null
}

/** Rates of the whole feed that kinds ask for. Those that ask for the same share it. */
export interface FeedRatesBuilder {
  /** @returns its place among the feed's rates */
  rate(of: readonly string[], per: readonly string[], halfLifeMinutes: number | null): number
  /** The layout is null when nobody asked. */
  finish(): { rates: readonly FeedRate[]; layout: StateLayout | null }
}

export function buildFeedRates(): FeedRatesBuilder {
  const layout = buildLayout('feed')
  const rates: FeedRate[] = []
  return {
    rate(of, per, halfLifeMinutes) {
      const counters = (halfLife: number | null): RateCounters => ({
        successes: layout.counter(of, halfLife),
        trials: layout.counter(per, halfLife),
      })
      const ever = counters(null)
      const fading = halfLifeMinutes === null ? null : counters(halfLifeMinutes)
      const found = rates.findIndex((other) => isSame(other.ever, ever) && isSame(other.fading, fading))
      return found >= 0 ? found : rates.push({ ever, fading }) - 1
    },
    finish: () => ({ rates, layout: rates.length === 0 ? null : layout.finish() }),
  }
}

const isSame = (one: RateCounters | null, other: RateCounters | null) =>
  one?.successes === other?.successes && one?.trials === other?.trials

/** Event time as the feed's state knows it. */
export const feedTimeMs = (occurredAtMs: number): number => Math.floor(occurredAtMs / TICK_MS) * TICK_MS

/** Folds one interaction of whomever into the state of its partition, in place; see fold. */
export function foldIntoFeed(
  layout: StateLayout,
  state: EntityState,
  type: string,
  occurredAtMs: number,
  offset: number,
): void {
  fold(layout, state, type, feedTimeMs(occurredAtMs), offset)
}
