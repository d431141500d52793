import type { RowInput } from '../../vectors/columns.ts'
import type { LayoutBuilders } from './feature-kind.ts'

/** The prior of a rate in a row. */
export type PriorOf = (input: Pick<RowInput, 'feedRates'>) => number

/**
 * The prior as the definition says it: a number, or the feed's own rate. That is kept with the rate's half-life: a feed with
 * a shorter memory than its items would call good what lasts, and bad what is new, whenever clicks become fewer.
 *
 * @param halfLifeMinutes of the rate; null: it does not fade by time
 */
export function priorOf(
  { of, per, prior }: { of: readonly string[]; per: readonly string[]; prior: number | 'feed' },
  halfLifeMinutes: number | null,
  { feed }: Pick<LayoutBuilders, 'feed'>,
): PriorOf {
  if (prior !== 'feed') return () => prior
  const place = feed.rate(of, per, halfLifeMinutes)
  return ({ feedRates }) => feedRates[place]!
}
