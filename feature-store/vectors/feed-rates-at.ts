import type { CompiledFeatureSet } from '../feature-set.ts'
import type { EntityState } from '../state/entity-state.ts'
import type { RateCounters } from '../state/feed-rates.ts'
import { counterAt, entityView } from './entity-view.ts'

/** A fading rate is pulled to the rate over all time as by so many trials: at night, and in feeds of few events, it says little. */
const EVER_TRIALS = 1_000
const NO_RATES = new Float64Array(0)

/**
 * The feed's own rates at a moment, one per rate that the feature set asks for. Never 0: half a success and half a failure
 * are added, so that nothing known is one half, and a hundred trials without success are about 1 in 200.
 *
 * @param states of each partition of interactions, in their order: sums of fading counts depend on it in the last bit; null:
 * nothing happened in it
 * @see R. Krichevsky, V. Trofimov (1981), The performance of universal encoding, IEEE Transactions on Information Theory
 * 27 (2), 199-207.
 */
export function feedRatesAt(
  { layouts, feedRates }: Pick<CompiledFeatureSet, 'layouts' | 'feedRates'>,
  states: readonly (EntityState | null)[],
  atMs: number,
): Float64Array {
  const { feed } = layouts
  if (feed === null) return NO_RATES
  const counts = new Float64Array(feed.counters.length)
  for (const state of states) {
    if (state === null) continue
    const view = entityView(feed, state, null, { id: '', atMs, stale: false })
    for (let place = 0; place < counts.length; place++) counts[place]! += counterAt(view, place)
  }
  const rate = ({ successes, trials }: RateCounters, prior: number, strength: number) =>
    (counts[successes]! + prior * strength) / (counts[trials]! + strength)
  return Float64Array.from(feedRates, ({ ever, fading }) => {
    const lasting = rate(ever, 0.5, 1)
    return fading === null ? lasting : rate(fading, lasting, EVER_TRIALS)
  })
}
