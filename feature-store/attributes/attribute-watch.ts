import type { Attribute } from '#schemas'
import type { Signals } from '#streams'
import type { FeatureStoreConfig } from '../config.ts'
import { kindOf } from '../definitions.ts'
import { SIGNALS } from '../signals.ts'
import type { Source } from '../vectors/columns.ts'
import { rangeOf } from '../vectors/scales.ts'
import type { AttributeKind } from './attributes-layout.ts'
import { nearestName } from './nearest-name.ts'
import { valueAfter } from './attributes-state.ts'

/** Why features cannot see a value as it is: they take it for missing, or for another one. */
export type Unfit = 'unknown' | 'mistyped' | 'saturated'

/** @param attribute as declared; of an unknown one the declared name that it is nearly, or OTHER */
export type UnfitFound = (attribute: string, why: Unfit) => void

/** Looks at the attributes of one record. Pure. */
export type AttributeCheck = (attributes: readonly Attribute[], found: UnfitFound) => void

/** An attribute that is like none of the declared ones: a feed may send what no feature uses. */
export const OTHER = 'other'
/** Names that were looked at stay known: feeds send the same ones again and again. */
const NAMES_KNOWN_MAX = 1_000

/** What the declaration says of the attributes of users, of items, or of requests (`context`). */
export function createAttributeCheck(config: FeatureStoreConfig, from: Source): AttributeCheck {
  const declared = new Map<string, AttributeKind>(Object.entries(config.attributes[from]))
  const ranges = rangesOf(config, from)
  const likely = new Map<string, string>()

  function declaredNearly(name: string): string {
    let known = likely.get(name)
    if (known === undefined) {
      known = nearestName(name, declared.keys()) ?? OTHER
      if (likely.size < NAMES_KNOWN_MAX) likely.set(name, known)
    }
    return known
  }

  return function checkAttributes(attributes, found) {
    for (const attribute of attributes) {
      const { name } = attribute
      const kind = declared.get(name)
      if (kind === undefined) {
        found(declaredNearly(name), 'unknown')
        continue
      }
      const value = valueAfter(null, attribute, kind)
      if (value === null) found(name, 'mistyped')
      else if (typeof value === 'number' && isBeyond(value, ranges.get(name))) found(name, 'saturated')
    }
  }
}

/** Counts what it finds in every record that it is shown. */
export function createAttributeWatch(
  config: FeatureStoreConfig,
  from: Source,
  signals: Signals,
): (attributes: readonly Attribute[]) => void {
  const check = createAttributeCheck(config, from)
  const count: UnfitFound = (attribute, reason) =>
    signals.count(SIGNALS.attributesUnfit, { of: from, attribute, reason })
  return (attributes) => check(attributes, count)
}

interface Range {
  least: number
  most: number
}

const isBeyond = (value: number, range: Range | undefined): boolean =>
  range !== undefined && (value < range.least || value > range.most)

/** What all features that take an attribute as a number can hold of it. */
function rangesOf(config: FeatureStoreConfig, source: Source): Map<string, Range> {
  const ranges = new Map<string, Range>()
  for (const definition of config.features) {
    for (const { from, attribute, number } of kindOf(definition).uses(definition).attributes) {
      if (from !== source || number === undefined) continue
      const { least, most } = rangeOf(number.scale)
      const other = ranges.get(attribute) ?? { least, most }
      ranges.set(attribute, {
        least: Math.max(least, other.least),
        most: Math.min(most, other.most),
      })
    }
  }
  return ranges
}
