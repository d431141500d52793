import type { Attribute } from '#schemas'
import type { AttributeKind, AttributesLayout } from './attributes-layout.ts'
import { withText } from './texts.ts'

/** Missing is null: absent, or not of the declared kind. The values of `texts` are one string (texts.ts). */
export type AttributeValue = string | number | null

export interface AttributesVersion {
  occurredAtMs: number
  /** One per stored attribute of the layout. */
  values: AttributeValue[]
}

/** What is known of one entity's attributes: how they were at first sight, and the latest few versions. */
export interface AttributesState {
  applied: number
  lastOffset: number
  /** Event time of the first record in the log; what folds look up is as it said, for ever. */
  firstAtMs: number
  /** One per fixed attribute of the layout. */
  firstValues: AttributeValue[]
  /** Oldest first, by event time; at most VERSIONS_MAX; none after a tombstone. */
  versions: AttributesVersion[]
}

export const VERSIONS_MAX = 3

/** Folds one attribute record; each replaces all attributes. Without a state it is the first sight. */
export function foldAttributes(
  layout: AttributesLayout,
  state: AttributesState | null,
  record: { occurredAtMs: number; attributes: readonly Attribute[]; offset: number },
): AttributesState {
  const values = valuesOf(layout, record.attributes)
  const { occurredAtMs, offset } = record
  const known: AttributesState = state ?? {
    applied: 0,
    lastOffset: -1,
    firstAtMs: occurredAtMs,
    firstValues: layout.fixed.map((name) => values[layout.placeByName.get(name)!]!),
    versions: [],
  }
  known.applied++
  known.lastOffset = offset
  let place = known.versions.length
  while (place > 0 && known.versions[place - 1]!.occurredAtMs > occurredAtMs) place--
  const replaces = place > 0 && known.versions[place - 1]!.occurredAtMs === occurredAtMs
  if (replaces) known.versions[place - 1] = { occurredAtMs, values }
  else known.versions.splice(place, 0, { occurredAtMs, values })
  if (known.versions.length > VERSIONS_MAX) known.versions.shift()
  return known
}

/**
 * What a tombstone leaves. What folds look up stays as it was at first sight: interactions that come later, or are folded
 * once more by a rebuild, find the same. null: nothing is looked up, so nothing is left.
 */
export function eraseAttributes(
  layout: AttributesLayout,
  state: AttributesState | null,
  offset: number,
): AttributesState | null {
  if (state === null || layout.fixed.length === 0) return null
  return { ...state, applied: state.applied + 1, lastOffset: offset, versions: [] }
}

/** What is in force at a moment: the newest version not after it; null when there was none yet. */
export function versionAt(state: AttributesState | null, atMs: number): AttributesVersion | null {
  if (state === null) return null
  for (let i = state.versions.length - 1; i >= 0; i--) {
    if (state.versions[i]!.occurredAtMs <= atMs) return state.versions[i]!
  }
  return null
}

/** What a fold may know of an item at an interaction's event time; null when it was first seen later, or never. */
export function fixedValuesAt(
  first: { firstAtMs: number; firstValues: AttributeValue[] } | null,
  occurredAtMs: number,
): AttributeValue[] | null {
  return first !== null && first.firstAtMs <= occurredAtMs ? first.firstValues : null
}

function valuesOf(layout: AttributesLayout, attributes: readonly Attribute[]): AttributeValue[] {
  const values = layout.stored.map((): AttributeValue => null)
  for (const attribute of attributes) {
    const place = layout.placeByName.get(attribute.name)
    if (place !== undefined) values[place] = valueAfter(values[place]!, attribute, layout.stored[place]!.kind)
  }
  return values
}

/** What is known of an attribute once this entry of a record is read: of `texts` all values, else the last. */
export function valueAfter(
  known: AttributeValue,
  { text, number }: Attribute,
  kind: AttributeKind,
): AttributeValue {
  if (kind === 'text') return text
  if (kind === 'texts') return text === null ? known : withText(known as string | null, text)
  return number !== null && Number.isFinite(number) ? number : null
}
