import { decodeAttributes } from '../attributes/attributes-blob.ts'
import type { AttributesState } from '../attributes/attributes-state.ts'
import { describeAttributes, describeState } from '../describe-state.ts'
import type { CompiledFeatureSet } from '../feature-set.ts'
import { nameOfDefinition } from '../definitions.ts'
import { decodeState } from '../state/blob.ts'
import type { EntityState } from '../state/entity-state.ts'
import type { Fence } from '../fence.ts'
import { isExpired } from '../state/expiry.ts'
import { FEED_ID } from '../state/feed-rates.ts'
import { entityView } from '../vectors/entity-view.ts'
import { feedRatesAt } from '../vectors/feed-rates-at.ts'
import { vectorise } from '../vectors/vectorise.ts'
import type { ReplayTopic } from './replay-job.ts'

/** A stored value, read. */
export interface EntityValues {
  /** Newest offset of its partition that is in it. */
  lastOffset: number
  atMs: number
  /** Whether it is over by this time of its partition: as good as not there, whether it was removed or not. */
  isOverAt(fence: Pick<Fence, 'streamTimeMs' | 'horizonMs'>): boolean
  /** As a person would read it. */
  described: Record<string, unknown>
  /** Every column of the vector that this entity alone decides, as of a moment. */
  columns(atMs: number): Float32Array
}

/** @throws BlobCorruptError */
export function entityValues(
  featureSet: CompiledFeatureSet,
  topic: ReplayTopic,
  id: string,
  blob: Buffer,
): EntityValues {
  const { layouts, width } = featureSet
  const side = topic === 'interactions' || topic === 'users' ? 'user' : 'item'
  const isFeed = topic === 'interactions' && id === FEED_ID && layouts.feed !== null
  const rowOf = (fill: (atMs: number) => Parameters<typeof vectorise>[1]) => (atMs: number) => {
    const vector = new Float32Array(width)
    vectorise(featureSet, fill(atMs), vector, new Uint8Array(width), 0)
    return vector
  }
  const request = (atMs: number, state: EntityState | null, attributes: AttributesState | null) => {
    const known = { id, atMs, stale: false }
    const seen = entityView(layouts[side], state, attributes, known)
    const other = side === 'user' ? 'item' : 'user'
    const nobody = entityView(layouts[other], null, null, { ...known, id: '' })
    const [user, item] = side === 'user' ? [seen, nobody] : [nobody, seen]
    return { user, items: [item], context: new Map(), feedRates: feedRatesAt(featureSet, [], atMs) }
  }
  if (topic === 'users' || topic === 'items') {
    const layout = layouts[topic === 'users' ? 'userAttributes' : 'itemAttributes']
    const state = decodeAttributes(layout, blob)
    return {
      lastOffset: state.lastOffset,
      isOverAt: () => false,
      atMs: state.versions.at(-1)?.occurredAtMs ?? state.firstAtMs,
      described: describeAttributes(layout, state),
      columns: rowOf((atMs) => request(atMs, null, state)),
    }
  }
  const layout = isFeed ? layouts.feed! : layouts[side]
  const state = decodeState(layout, blob)
  return {
    lastOffset: state.lastOffset,
    atMs: state.asOfMs,
    isOverAt: ({ streamTimeMs, horizonMs }) => !isFeed && isExpired(layout, state, streamTimeMs, horizonMs),
    described: describeState(layout, state),
    columns: rowOf((atMs) => request(atMs, isFeed ? null : state, null)),
  }
}

/** Columns that mean the same in both sets: of features with the same name and definition. */
export function commonColumns(
  left: CompiledFeatureSet,
  right: CompiledFeatureSet,
): { name: string; left: number; right: number }[] {
  const theirs = new Map(groupsOf(right).map((group) => [group.name, group]))
  return groupsOf(left).flatMap(({ name, text, at, names }) => {
    const same = theirs.get(name)
    if (same?.text !== text) return []
    return names.map((column, n) => ({ name: column, left: at + n, right: same.at + n }))
  })
}

/** Groups of columns are in the order of the definitions. */
const groupsOf = ({ config, groups }: CompiledFeatureSet) =>
  config.features.map((definition, n) => ({
    name: nameOfDefinition(definition),
    text: JSON.stringify(definition),
    ...groups[n]!,
  }))
