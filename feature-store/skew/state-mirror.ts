import type { Prediction } from '#schemas'
import type { StateSource } from '../replay/check-prediction.ts'
import type { ReplayedTopic, ReplayOptions } from '../replay/replay.ts'
import type { SkewConfig } from './config.ts'
import type { TailEntry, TailState } from './entity-tail.ts'
import { createMirrorRecords, type MirrorRecords } from './mirror-records.ts'
import { createMirroredFeed } from './mirrored-feed.ts'
import {
  type Adoption,
  createMirroredSide,
  type MirroredEntity,
  type PartitionStart,
} from './mirrored-side.ts'
import { type Readiness, readinessOf } from './readiness.ts'

export const MIRRORED_TOPICS = ['items', 'users', 'itemInteractions', 'interactions'] as const

export interface StateMirrorOptions extends ReplayOptions {
  config: SkewConfig
  partitionCount(topic: ReplayedTopic): number
  startOf(topic: ReplayedTopic, partition: number): PartitionStart
  /** Event time before which the entities of a partition are over, as last seen; -1 none. */
  horizonOf(topic: ReplayedTopic, partition: number): number
}

/** The states of sampled users and items and of the feed, folded beside the store from the same records. */
export interface StateMirror extends StateSource {
  take: MirrorRecords['take']
  /** Whether vectors of it can be checked: its user is in the sample, and so are some of its candidates. */
  notices(prediction: Prediction): boolean
  isKnown(itemId: string): boolean
  readinessOf(prediction: Prediction): Readiness
  /** Folds of this user that have to look something up first. */
  unresolved(userId: string): TailEntry[]
  user(userId: string): MirroredEntity | undefined
  item(itemId: string): MirroredEntity | undefined
  users(): Iterable<[string, MirroredEntity]>
  /** Beginnings that the store has to tell. */
  adoptions(): Generator<Adoption>
  /** Forgets how states came about before this broker time. */
  trim(beforeMs: number): void
  sizes(): { users: number; items: number }
}

export function createStateMirror(options: StateMirrorOptions): StateMirror {
  const { featureSet, config, partitionOf } = options
  const sideOf = (entity: 'user' | 'item', entitiesMax: number) =>
    createMirroredSide({ ...options, entity, entitiesMax, entriesMax: config.entriesMax })
  const sides = { user: sideOf('user', config.usersMax), item: sideOf('item', config.itemsMax) }
  const partitions = options.partitionCount('interactions')
  const feed = createMirroredFeed(featureSet, { ...options, entriesMax: config.feedEntriesMax, partitions })
  const records = createMirrorRecords(options, sides, feed)
  const known = (entity: 'user' | 'item', id: string) => sides[entity].sample.get(id)

  const stateOf = (entity: 'user' | 'item' | 'feed', id: string, offset: number): TailState =>
    (entity === 'feed' ? feed?.of(Number(id)) : known(entity, id)?.state)?.stateAt(offset) ?? null

  return {
    options,
    take: records.take,
    notices({ userId, ranking }) {
      const served = ranking.filter(({ vector, itemId }) => vector !== null && sides.item.sample.has(itemId))
      if (served.length === 0 || sides.user.take(userId) === undefined) return false
      for (const { itemId } of served) sides.item.take(itemId)
      return true
    },
    isKnown: (itemId) => known('item', itemId) !== undefined,
    readinessOf: (prediction) => readinessOf(prediction, { sides, records, partitionOf, stateOf }),
    stateAt(entity, id, offset) {
      const state = stateOf(entity, id, offset)
      return typeof state === 'string' ? null : state
    },
    attributeRecordsUntil: (entity, id, atMs) => known(entity, id)?.attributes?.recordsUntil(atMs) ?? 0,
    attributesAfter: (entity, id, count) => known(entity, id)?.attributes?.after(count) ?? null,
    unresolved: (userId) => known('user', userId)?.state.unresolved(Infinity) ?? [],
    user: (userId) => known('user', userId),
    item: (itemId) => known('item', itemId),
    users: () => sides.user.sample.entries(),
    *adoptions() {
      if (feed !== null) yield* feed.adoptions()
      for (const side of [sides.user, sides.item]) yield* side.adoptions()
    },
    trim(beforeMs) {
      for (const side of [sides.user, sides.item])
        for (const { state } of side.sample.values()) state.trim(beforeMs)
      for (const tail of feed?.tails() ?? []) tail.trim(beforeMs)
    },
    sizes: () => ({ users: sides.user.sample.size, items: sides.item.sample.size }),
  }
}
