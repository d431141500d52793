import type { EntityState } from './entity-state.ts'
import type { StateLayout } from './layout.ts'

/**
 * Whether an entity was last heard of so long before this event time that what is known of it is over. Event time alone
 * decides, inside the fold and at a read alike: so it makes no difference whether its state has been removed from the store.
 */
export const isExpired = (
  { expiryMs }: StateLayout,
  { asOfMs }: Pick<EntityState, 'asOfMs'>,
  atMs: number,
): boolean => expiryMs > 0 && asOfMs >= 0 && atMs - asOfMs > expiryMs

/** Before a record of this event time is folded: an expired entity that returns starts as new. */
export function renewExpired(layout: StateLayout, state: EntityState, occurredAtMs: number): void {
  if (isExpired(layout, state, occurredAtMs)) state.reset(layout)
}
