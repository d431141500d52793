import type { EntityState } from './entity-state.ts'
import type { StateLayout } from './layout.ts'

/**
 * Whether what is known of an entity is over: it was last heard of too long before this event time, or before the horizon of its
 * partition (activity.ts). Event times alone decide, inside the fold and at a read alike: so it makes no difference whether its state
 * has been removed from the store.
 *
 * @param horizonMs -1: nobody had to make room
 */
export const isExpired = (
  { expiryMs }: StateLayout,
  { asOfMs }: Pick<EntityState, 'asOfMs'>,
  atMs: number,
  horizonMs = -1,
): boolean => asOfMs >= 0 && (asOfMs < horizonMs || (expiryMs > 0 && atMs - asOfMs > expiryMs))

/**
 * Before a record of this event time is folded: an entity that is over and returns starts as new.
 *
 * @returns event time when it was last heard of, -1: it is new
 */
export function renewExpired(
  layout: StateLayout,
  state: EntityState,
  occurredAtMs: number,
  horizonMs = -1,
): number {
  if (isExpired(layout, state, occurredAtMs, horizonMs)) state.reset(layout)
  return state.asOfMs
}
