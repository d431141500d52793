import type { Interaction, Item, ItemInteractions, User } from '#schemas'
import { encodeAttributes } from '../attributes/attributes-blob.ts'
import type { AttributesState } from '../attributes/attributes-state.ts'
import type { CompiledFeatureSet } from '../feature-set.ts'
import { encodeState } from '../state/blob.ts'
import { type Activity, createActivity } from '../state/activity.ts'
import { EntityState } from '../state/entity-state.ts'
import { idHashOf } from '../state/recent-ids.ts'
import { interactionDetails } from '../stages/interaction-details.ts'
import { lookupKeys, type FirstSight } from '../stages/item-lookups.ts'
import { activityBounds } from '../stages/partition-activity.ts'
import { createLateness } from '../stages/stream-time.ts'
import { createAttributeLog } from './attribute-log.ts'
import { createCopyLog } from './copy-log.ts'
import { createFeedLog } from './feed-log.ts'
import { createEntityHistory, type EntityHistory, type HistoryEntry } from './entity-history.ts'
import { entryOf } from './entry-of.ts'
import { createLiveSteps } from './live-steps.ts'

export interface ReplayedRecords {
  interactions: Interaction
  itemInteractions: ItemInteractions
  users: User
  items: Item
}
export type ReplayedTopic = keyof ReplayedRecords

/** A decoded record as it lies in its topic. */
export interface LoggedRecord<T> {
  partition: number
  offset: number
  brokerTimeMs: number
  /** Its producer stamped it: a live clamp of it is not found again, for nobody knows when it was read. */
  isProducerTime?: boolean
  key: Buffer | null
  /** null: a tombstone. */
  value: T | null
}

export interface ReplayOptions {
  featureSet: CompiledFeatureSet
  topicName(topic: ReplayedTopic): string
  partitionOf(topic: ReplayedTopic, key: string): number
  /** As the live feature store had them. */
  futureSkewSecondsMax?: number
  farFutureSecondsMax?: number
  earliestEventMs?: number
}

/** `feed`: what a partition of interactions keeps of all its users; its id is the partition's number. */
export type ReplayedEntity = 'user' | 'item' | 'feed' | 'userAttributes' | 'itemAttributes'

/**
 * The feature store in memory, from the logs alone: what every state was at every offset. For audits; holds
 * every record it was given.
 */
export interface Replay {
  readonly options: ReplayOptions
  /**
   * Adds a record; each topic in offset order per partition, topics in any order, all before the first question.
   * Answers what the live steps decided (`duplicate`: an interaction, or re-keyed copies, that were all there before;
   * `late`: an interaction that came too late to be folded).
   */
  add<T extends ReplayedTopic>(
    topic: T,
    record: LoggedRecord<ReplayedRecords[T]>,
  ): 'folded' | 'refused' | 'duplicate' | 'late'
  /** Counted while adding. `copiesMissing`: interactions that never reached the item side. */
  counts(): {
    interactions: number
    refused: number
    /** Interactions too far behind their partition (limits.lateSecondsMax). */
    late: number
    /** Interactions whose id is among their user's last ones. */
    repeated: number
    copies: number
    copyDuplicates: number
    copiesMissing: number
  }
  ids(entity: ReplayedEntity): Iterable<string>
  /** State after everything up to this offset of the entity's own partition, null when there was nothing. */
  stateAt(entity: 'user' | 'item' | 'feed', id: string, offset?: number): EntityState | null
  /** How many attribute records there are up to the last one that is not later than this event time. */
  attributeRecordsUntil(entity: 'user' | 'item', id: string, atMs: number): number
  /** Attributes after the first `count` records, tombstones included. */
  attributesAfter(entity: 'user' | 'item', id: string, count: number): AttributesState | null
  /** The bytes the store should hold; null: none. */
  blobOf(entity: ReplayedEntity, id: string): Buffer | null
  /** Event time before which the entities of a partition are over, whatever is stored of them; -1 none. */
  horizonMs(entity: 'user' | 'item', partition: number): number
  /** Interactions of one entity. */
  expectedApplied(entity: 'user' | 'item' | 'feed', id: string): number
}

export function createReplay(options: ReplayOptions): Replay {
  const { layouts } = options.featureSet
  const passed = createLiveSteps(options)
  const users = new Map<string, EntityHistory>()
  const [attributes, activities] = [attributeLogs(layouts), activitiesOf(options.featureSet)]
  const copies = createCopyLog(layouts.item, activities.item)
  const counted = { interactions: 0, refused: 0, late: 0, repeated: 0 }
  const feed = createFeedLog(layouts.feed)
  const tooLate = createLateness(options.featureSet.config.limits)
  const historyEntryOf = historyEntries(options.featureSet)
  const newUser = userHistories(options.featureSet, attributes.item.firstSight)

  const leaveOut = <T extends 'refused' | 'late'>(as: T): T => (counted[as]++, as)

  function addInteraction(record: LoggedRecord<Interaction>) {
    if (record.value === null) return erased(users.get(keyOf(record)), record)
    const value = passed('interactions', record)
    if (value === null) return leaveOut('refused')
    if (tooLate(record.partition, value.occurredAtMs)) return leaveOut('late')
    const entry = historyEntryOf(value, record.offset)
    const isNew = entryOf(users, value.userId, newUser).add(entry, activities.user(record.partition))
    if (isNew) feed.add(value, record.partition, record.offset)
    counted[isNew ? 'interactions' : 'repeated']++
    return isNew ? 'folded' : 'duplicate'
  }

  function addCopies(record: LoggedRecord<ItemInteractions>) {
    if (record.value === null) return erased(copies.items.get(keyOf(record)), record)
    const value = passed('itemInteractions', record)
    return value === null ? leaveOut('refused') : copies.add(value, record.partition, record.offset)
  }

  function addAttributes(entity: 'user' | 'item', record: LoggedRecord<User | Item>) {
    const isTombstone = record.value === null
    const value = isTombstone
      ? null
      : passed(entity === 'user' ? 'users' : 'items', record as LoggedRecord<never>)
    if (value === null && !isTombstone) return leaveOut('refused')
    const id = value === null ? keyOf(record) : idOf(value)
    if (id === '') return leaveOut('refused')
    attributes[entity].add(id, { offset: record.offset, told: value })
    return 'folded'
  }

  const histories = { user: users, item: copies.items, feed: feed.partitions }
  const historyOf = (entity: 'user' | 'item' | 'feed', id: string) => histories[entity].get(id)
  const stateAt = (entity: 'user' | 'item' | 'feed', id: string, offset = Infinity) =>
    historyOf(entity, id)?.stateAt(offset) ?? null

  return {
    options,
    add(topic, record) {
      const logged = record as LoggedRecord<never>
      if (topic === 'interactions') return addInteraction(logged)
      if (topic === 'itemInteractions') return addCopies(logged)
      return addAttributes(topic === 'users' ? 'user' : 'item', logged)
    },
    counts() {
      const copied = copies.counts()
      return { ...counted, ...copied, copiesMissing: counted.interactions - copied.copies }
    },
    ids(entity) {
      if (entity === 'user' || entity === 'item' || entity === 'feed') return histories[entity].keys()
      return attributes[entity === 'userAttributes' ? 'user' : 'item'].ids()
    },
    stateAt,
    attributeRecordsUntil: (entity, id, atMs) => attributes[entity].recordsUntil(id, atMs),
    attributesAfter: (entity, id, count) => attributes[entity].after(id, count),
    blobOf(entity, id) {
      if (entity === 'user' || entity === 'item' || entity === 'feed') {
        const [state, layout] = [stateAt(entity, id), layouts[entity]]
        return state === null || layout === null ? null : encodeState(layout, state)
      }
      const state = attributes[entity === 'userAttributes' ? 'user' : 'item'].after(id, Infinity)
      return state === null ? null : encodeAttributes(layouts[entity], state)
    },
    horizonMs: (entity, partition) => activities[entity](partition).horizonMs,
    expectedApplied: (entity, id) => historyOf(entity, id)?.length ?? 0,
  }
}

/** When the entities of each partition were active. */
function partitionActivities({ config }: CompiledFeatureSet): (partition: number) => Activity {
  const bounds = activityBounds(config)
  const known = new Map<number, Activity>()
  return (partition) => entryOf(known, partition, () => createActivity(bounds))
}

const activitiesOf = (featureSet: CompiledFeatureSet) => ({
  user: partitionActivities(featureSet),
  item: partitionActivities(featureSet),
})

const attributeLogs = ({ userAttributes, itemAttributes }: CompiledFeatureSet['layouts']) => ({
  user: createAttributeLog(userAttributes),
  item: createAttributeLog(itemAttributes),
})

/** What a user's history keeps of an interaction; what copies take from the user's state is in their own log. */
function historyEntries(
  featureSet: CompiledFeatureSet,
): (value: Interaction, offset: number) => HistoryEntry {
  const details = interactionDetails(featureSet)
  const nobody = new EntityState(featureSet.layouts.user)
  return (value, offset) => {
    const { interactionId, type, itemId, occurredAtMs } = value
    const idHash = idHashOf(interactionId)
    return { type, itemId, occurredAtMs, offset, idHash, details: details.of(value, nobody) }
  }
}

/** Histories of users, whose folds look items up as the live ones did. */
function userHistories(
  featureSet: CompiledFeatureSet,
  firstSight: (itemId: string) => FirstSight | null,
): () => EntityHistory {
  const { user } = featureSet.layouts
  const keysOf = lookupKeys(featureSet)
  return () =>
    createEntityHistory(user, ({ type, itemId, occurredAtMs }) =>
      user.touches.get(type)?.looksUp ? keysOf(firstSight(itemId), occurredAtMs) : undefined,
    )
}

const keyOf = ({ key }: LoggedRecord<unknown>) => key?.toString('utf8') ?? ''

/** A tombstone of a user or an item. */
function erased(history: EntityHistory | undefined, { offset }: LoggedRecord<unknown>): 'folded' {
  history?.erase(offset)
  return 'folded'
}

const idOf = (value: User | Item) => ('userId' in value ? value.userId : value.itemId)
