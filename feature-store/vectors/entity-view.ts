import { versionAt, type AttributesState, type AttributeValue } from '../attributes/attributes-state.ts'
import type { Fence } from '../fence.ts'
import { remainingEach } from '../state/decay.ts'
import type { EntityState, MapEntry } from '../state/entity-state.ts'
import { isExpired } from '../state/expiry.ts'
import type { StateLayout } from '../state/layout.ts'

/** One user or item at a moment: what the columns read. */
export interface EntityView {
  /** '' in columns that are the same for all candidates: there is no item then. */
  readonly id: string
  readonly atMs: number
  readonly layout: StateLayout
  /** null: no interaction yet, or none for too long. */
  readonly state: EntityState | null
  /** What is left of the fading counters at `atMs`, per half-life. */
  readonly factors: Float64Array
  /** Attributes in force at `atMs`; null: none yet. */
  readonly values: readonly AttributeValue[] | null
  /** Since when they are, -1 none. */
  readonly valuesAtMs: number
  /** Event time of the first attribute record, -1 none, later than `atMs` or erased. */
  readonly firstAtMs: number
  /** The stream behind `state` lags too far behind `atMs`. */
  readonly stale: boolean
}

export function entityView(
  layout: StateLayout,
  stored: EntityState | null,
  attributes: AttributesState | null,
  { id, atMs, stale, horizonMs }: Pick<EntityView, 'id' | 'atMs' | 'stale'> & Pick<Fence, 'horizonMs'>,
): EntityView {
  const state = stored === null || isExpired(layout, stored, atMs, horizonMs) ? null : stored
  const factors = new Float64Array(layout.halfLivesMs.length)
  if (state !== null) remainingEach(atMs - state.asOfMs, layout.halfLivesMs, factors)
  const isKnown = attributes !== null && attributes.versions.length > 0 && attributes.firstAtMs <= atMs
  const firstAtMs = isKnown ? attributes.firstAtMs : -1
  const version = versionAt(attributes, atMs)
  const values = version === null ? null : version.values
  const valuesAtMs = version === null ? -1 : version.occurredAtMs
  return { id, atMs, layout, state, factors, values, valuesAtMs, firstAtMs, stale }
}

/** A counter as of the view's moment. */
export function counterAt({ state, layout, factors }: EntityView, place: number): number {
  if (state === null) return 0
  const halfLife = layout.counterHalfLives[place]!
  const count = state.numbers[layout.places.counters + place]!
  return halfLife < 0 ? count : count * factors[halfLife]!
}

/** The counters of one value of a map; null when it was never counted. */
export function mapEntryAt(view: EntityView, map: number, key: string): MapEntry | null {
  if (view.state === null) return null
  for (const entry of view.state.maps[map]!) if (entry.key === key) return entry
  return null
}

/** A counter of such an entry as of the view's moment. */
export function mapCounterAt(
  { layout, factors }: EntityView,
  map: number,
  entry: MapEntry | null,
  place: number,
): number {
  if (entry === null) return 0
  const halfLife = layout.mapHalfLives[map]![place]!
  return halfLife < 0 ? entry.counters[place]! : entry.counters[place]! * factors[halfLife]!
}
