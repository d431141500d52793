import type { CompiledFeatureSet } from '../feature-set.ts'
import { partitionTag } from '../state-store.ts'
import { type AttributeTail, createAttributeTail } from './attribute-tail.ts'
import { createEntityTail } from './entity-tail.ts'
import { type ReturningTail, returningTail } from './returning-tail.ts'
import { createSample, type Sample } from './sample.ts'

/** Where the reading of a partition begins. */
export interface PartitionStart {
  offset: number
  /** It is the very first record of the topic: states before it were blank. */
  isWhole: boolean
  /** Newest event time before it, -1 none. */
  streamTimeMs: number
  /** Highest source offset of the copies before it, per source partition. */
  sourceHighs: ReadonlyMap<number, number>
}

/** What is kept of a user or an item. */
export interface MirroredEntity {
  readonly state: ReturningTail
  /** null: no feature reads them. */
  readonly attributes: AttributeTail | null
  /** Wall clock from which its attributes are known; Infinity: not yet. */
  attributesFromMs: number
  /** Highest offset that a served vector named, when that was scored, and the event time of what came last until then. */
  served: { offset: number; atMs: number; asOfMs: number }
}

/** A beginning that the store has to tell. */
export interface Adoption {
  readonly tag: string
  readonly id: string
  /** First offset from which on the log was read here. */
  readonly fromOffset: number
  begin(blob: Buffer | null, nextOffset: number, nowMs: number): void
}

/** The sampled users, or the sampled items. */
export interface MirroredSide {
  readonly sample: Sample<MirroredEntity>
  take(id: string): MirroredEntity | undefined
  adoptions(): Generator<Adoption>
}

export interface MirroredSideOptions {
  entity: 'user' | 'item'
  featureSet: CompiledFeatureSet
  entitiesMax: number
  entriesMax: number
  topicName(topic: Topic): string
  partitionOf(topic: Topic, id: string): number
  startOf(topic: Topic, partition: number): PartitionStart
  /** Event time before which the entities of a partition are over, as last seen; -1 none. */
  horizonOf(topic: Topic, partition: number): number
}
type Topic = 'interactions' | 'itemInteractions' | 'users' | 'items'

/** Of a new one, and of one that was erased. */
export const NEVER_SERVED = { offset: -1, atMs: -Infinity, asOfMs: Infinity }

export function createMirroredSide(options: MirroredSideOptions): MirroredSide {
  const { entity, featureSet, entriesMax, topicName, partitionOf, startOf, horizonOf } = options
  const { layouts, reads } = featureSet
  const layout = layouts[entity]
  const topics: { states: Topic; attributes: Topic } =
    entity === 'user'
      ? { states: 'interactions', attributes: 'users' }
      : { states: 'itemInteractions', attributes: 'items' }
  const attributesLayout = entity === 'user' ? layouts.userAttributes : layouts.itemAttributes
  const readsAttributes = entity === 'user' ? reads.userAttributes : reads.itemAttributes
  const looksUp =
    layout.lookups.length === 0 ? () => false : (type: string) => layout.touches.get(type)?.looksUp ?? false
  const sample = createSample<MirroredEntity>(options.entitiesMax)

  const placeOf = (topic: Topic, layoutId: string, id: string) => {
    const partition = partitionOf(topic, id)
    return {
      tag: partitionTag(topicName(topic), partition, layoutId),
      fromOffset: startOf(topic, partition).offset,
    }
  }

  function tailOf(partition: number): ReturningTail {
    const { isWhole } = startOf(topics.states, partition)
    const tail = createEntityTail(layout, isWhole, { entriesMax, looksUp })
    return returningTail(tail, () => horizonOf(topics.states, partition))
  }

  const beginningOf = (id: string, { beginsFrom }: ReturningTail) => {
    const { tag, fromOffset } = placeOf(topics.states, layout.id, id)
    return { id, tag, fromOffset: Math.max(fromOffset, beginsFrom) }
  }

  return {
    sample,
    take: (id) =>
      sample.take(id, () => ({
        state: tailOf(partitionOf(topics.states, id)),
        attributes: readsAttributes ? createAttributeTail(attributesLayout) : null,
        attributesFromMs: readsAttributes ? Infinity : -Infinity,
        served: { ...NEVER_SERVED },
      })),
    *adoptions() {
      for (const [id, known] of sample.entries()) {
        const { state, attributes } = known
        if (!state.hasBegun)
          yield {
            ...beginningOf(id, state),
            begin: (blob, nextOffset) => state.begin(blob, nextOffset),
          }
        if (attributes !== null && !attributes.hasBegun)
          yield {
            ...{ id, ...placeOf(topics.attributes, attributesLayout.id, id) },
            begin(blob, nextOffset, nowMs) {
              attributes.begin(blob, nextOffset)
              known.attributesFromMs = nowMs
            },
          }
      }
    },
  }
}
