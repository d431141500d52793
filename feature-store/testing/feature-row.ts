import { foldAttributes } from '../attributes/attributes-state.ts'
import { parseFeatureStoreConfig, type FeatureStoreConfigInput } from '../config.ts'
import { compileFeatureSet } from '../feature-set.ts'
import { interactionDetails } from '../stages/interaction-details.ts'
import { lookupKeys } from '../stages/item-lookups.ts'
import { decodeState, encodeState } from '../state/blob.ts'
import { EntityState } from '../state/entity-state.ts'
import { foldIntoFeed } from '../state/feed-rates.ts'
import { fold } from '../state/fold.ts'
import { entityView } from '../vectors/entity-view.ts'
import { feedRatesAt } from '../vectors/feed-rates-at.ts'
import { contextValues, vectorise } from '../vectors/vectorise.ts'

export const ROW_START_MS = 1_700_000_000_000
const MINUTE_MS = 60_000
/** Who is in a row. */
export const USER_ID = 'user-1'
export const ITEM_ID = 'item-1'

interface AttributeRecord {
  name: string
  text: string | null
  number: number | null
}

export const text = (name: string, value: string): AttributeRecord => ({ name, text: value, number: null })
export const number = (name: string, value: number): AttributeRecord => ({ name, text: null, number: value })

/** One user, one item and what happened between them. Minutes count from ROW_START_MS, when both were described. */
export interface FeatureRow {
  user?: AttributeRecord[]
  item?: AttributeRecord[]
  context?: AttributeRecord[]
  /** Further candidates of the request, behind the item. */
  others?: AttributeRecord[][]
  happened?: [type: string, minute: number, value?: number | null][]
  /** What others did with other items. */
  elsewhere?: [type: string, minute: number][]
  stale?: boolean
  /** When the row is asked for; 60 when left out. */
  atMinute?: number
}

/** The row's values and flags by column. States are put down and taken up again between any two interactions. */
export function featureRow(
  input: FeatureStoreConfigInput,
  row: FeatureRow,
): Record<string, [number, number]> {
  const {
    user,
    item,
    others = [],
    context = [],
    happened = [],
    elsewhere = [],
    stale = false,
    atMinute = 60,
  } = row
  const featureSet = compileFeatureSet(parseFeatureStoreConfig(input))
  const { layouts, width, names } = featureSet
  const atMs = ROW_START_MS + atMinute * MINUTE_MS
  const known = (layout: typeof layouts.userAttributes, attributes: AttributeRecord[] | undefined) =>
    attributes === undefined
      ? null
      : foldAttributes(layout, null, { occurredAtMs: ROW_START_MS, attributes, offset: 0 })
  const [userAttributes, itemAttributes] = [
    known(layouts.userAttributes, user),
    known(layouts.itemAttributes, item),
  ]
  const keysOf = lookupKeys(featureSet)
  const details = interactionDetails(featureSet)
  const stateOf = (entity: 'user' | 'item') => {
    const layout = layouts[entity]
    let state = new EntityState(layout)
    for (const [offset, [type, minute, value = null]] of happened.entries()) {
      const occurredAtMs = ROW_START_MS + minute * MINUTE_MS
      const keys = keysOf(itemAttributes, occurredAtMs)
      const told = details.of({ type, value, itemId: 'item', userId: USER_ID }, state)
      fold(layout, state, type, occurredAtMs, offset, keys, told)
      state = decodeState(layout, encodeState(layout, state))
    }
    return happened.length === 0 ? null : state
  }
  const feedState = () => {
    if (layouts.feed === null) return null
    let state = new EntityState(layouts.feed)
    for (const [offset, [type, minute]] of [...elsewhere, ...happened].entries()) {
      foldIntoFeed(layouts.feed, state, type, ROW_START_MS + minute * MINUTE_MS, offset)
      state = decodeState(layouts.feed, encodeState(layouts.feed, state))
    }
    return state
  }
  const rows = others.length + 1
  const vectors = new Float32Array(rows * width)
  const flags = new Uint8Array(rows * width)
  const views = {
    user: entityView(layouts.user, stateOf('user'), userAttributes, { id: USER_ID, atMs, stale }),
    items: [
      entityView(layouts.item, stateOf('item'), itemAttributes, { id: ITEM_ID, atMs, stale }),
      ...others.map((other, place) => {
        const at = { id: `other-${String(place)}`, atMs, stale }
        return entityView(layouts.item, null, known(layouts.itemAttributes, other), at)
      }),
    ],
    context: contextValues(featureSet, context),
    feedRates: feedRatesAt(featureSet, [feedState()], atMs),
  }
  vectorise(featureSet, views, vectors, flags, 0)
  return Object.fromEntries(names.map((name, i) => [name, [vectors[i]!, flags[i]!]]))
}
