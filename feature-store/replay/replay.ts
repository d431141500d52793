import type { Attribute, Interaction, Item, ItemInteractions, User } from '#schemas'
import type { Step, Verdict } from '#streams'
import { encodeAttributes } from '../attributes/attributes-blob.ts'
import { eraseAttributes, foldAttributes, type AttributesState } from '../attributes/attributes-state.ts'
import { DEFAULT_FUTURE } from '../feature-store.ts'
import type { CompiledFeatureSet } from '../feature-set.ts'
import { encodeState } from '../state/blob.ts'
import type { EntityState } from '../state/entity-state.ts'
import { freshCopies } from '../stages/fresh-copies.ts'
import { lookupKeys } from '../stages/item-lookups.ts'
import { recordSteps } from '../stages/record-steps.ts'
import { createEntityHistory, type EntityHistory } from './entity-history.ts'

interface ReplayedRecords {
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
}

export type ReplayedEntity = 'user' | 'item' | 'userAttributes' | 'itemAttributes'

/**
 * The feature store in memory, from the logs alone: what every state was at every offset. For audits; holds
 * every record it was given.
 */
export interface Replay {
  readonly options: ReplayOptions
  /**
   * Adds a record; each topic in offset order per partition, topics in any order, all before the first question.
   * Answers what the live steps decided (`duplicate`: re-keyed copies that were all there before).
   */
  add<T extends ReplayedTopic>(
    topic: T,
    record: LoggedRecord<ReplayedRecords[T]>,
  ): 'folded' | 'refused' | 'duplicate'
  /** Counted while adding. `copiesMissing`: interactions that never reached the item side. */
  counts(): {
    interactions: number
    refused: number
    copies: number
    copyDuplicates: number
    copiesMissing: number
  }
  ids(entity: ReplayedEntity): Iterable<string>
  /** State after everything up to this offset of the entity's own partition, null when there was nothing. */
  stateAt(entity: 'user' | 'item', id: string, offset?: number): EntityState | null
  /** How many attribute records there are up to the last one that is not later than this event time. */
  attributeRecordsUntil(entity: 'user' | 'item', id: string, atMs: number): number
  /** Attributes after the first `count` records, tombstones included. */
  attributesAfter(entity: 'user' | 'item', id: string, count: number): AttributesState | null
  /** The bytes the store should hold; null: none. */
  blobOf(entity: ReplayedEntity, id: string): Buffer | null
  /** Interactions of one entity. */
  expectedApplied(entity: 'user' | 'item', id: string): number
}

interface AttributeRecord {
  offset: number
  /** null: a tombstone. */
  told: { occurredAtMs: number; attributes: readonly Attribute[] } | null
}

export function createReplay(options: ReplayOptions): Replay {
  const { featureSet } = options
  const { layouts, config } = featureSet
  const steps = recordSteps({ ...DEFAULT_FUTURE, ...options, config })
  const keysOf = lookupKeys(featureSet)
  const users = new Map<string, EntityHistory>()
  const items = new Map<string, EntityHistory>()
  const attributes = {
    user: new Map<string, AttributeRecord[]>(),
    item: new Map<string, AttributeRecord[]>(),
  }
  /** Highest source offset per source partition, by item partition. */
  const highs = new Map<number, Map<number, number>>()
  const counted = { interactions: 0, refused: 0, copies: 0, copyDuplicates: 0 }

  function firstSight(itemId: string) {
    const first = attributes.item.get(itemId)?.find(({ told }) => told !== null)
    if (!first?.told) return null
    const { firstAtMs, firstValues } = foldAttributes(layouts.itemAttributes, null, {
      ...first,
      ...first.told,
    })
    return { firstAtMs, firstValues }
  }

  const userHistory = () =>
    createEntityHistory(layouts.user, ({ type, itemId, occurredAtMs }) =>
      layouts.user.touches.get(type)?.looksUp ? keysOf(firstSight(itemId), occurredAtMs) : undefined,
    )
  const itemHistory = () => createEntityHistory(layouts.item, () => undefined)

  function addInteraction(record: LoggedRecord<Interaction>) {
    const value = passed(steps.interactions, 'interactions', record)
    if (value === null) return refuse()
    counted.interactions++
    const { type, itemId, occurredAtMs } = value
    entryOf(users, value.userId, userHistory).add({ type, itemId, occurredAtMs, offset: record.offset })
    return 'folded'
  }

  function addCopies(record: LoggedRecord<ItemInteractions>) {
    const value = passed(steps.itemInteractions, 'itemInteractions', record)
    if (value === null) return refuse()
    const known = entryOf(highs, record.partition, () => new Map<number, number>())
    const { items: fresh, dropped } = freshCopies([{ value, offset: record.offset }], known)
    counted.copyDuplicates += dropped
    for (const { itemId, types, offset, copies } of fresh) {
      counted.copies += copies.length
      const history = entryOf(items, itemId, itemHistory)
      for (const { typeIndex, occurredAtMs } of copies)
        history.add({ type: types[typeIndex]!, itemId, occurredAtMs, offset })
    }
    return fresh.length === 0 && dropped > 0 ? 'duplicate' : 'folded'
  }

  function addAttributes(entity: 'user' | 'item', record: LoggedRecord<User | Item>) {
    const { key, offset } = record
    if (record.value === null) {
      const id = key?.toString('utf8') ?? ''
      if (id === '') return refuse()
      entryOf(attributes[entity], id, () => []).push({ offset, told: null })
      return 'folded'
    }
    const topic = entity === 'user' ? 'users' : 'items'
    const value = passed(steps[topic] as readonly Step<User | Item>[], topic, record)
    if (value === null) return refuse()
    const id = 'userId' in value ? value.userId : value.itemId
    const { occurredAtMs } = value
    const told = { occurredAtMs, attributes: value.attributes }
    entryOf(attributes[entity], id, () => []).push({ offset, told })
    return 'folded'
  }

  function passed<T>(through: readonly Step<T>[], topic: ReplayedTopic, record: LoggedRecord<T>): T | null {
    if (record.value === null) return null
    const { partition, offset, brokerTimeMs } = record
    const meta = { topic: options.topicName(topic), partition, offset, brokerTimeMs }
    let value: T = record.value
    for (const step of through) {
      const verdict: Verdict<T> = step(value, meta)
      if (verdict.kind !== 'pass') return null
      value = verdict.value
    }
    return value
  }

  function refuse() {
    counted.refused++
    return 'refused' as const
  }

  const historyOf = (entity: 'user' | 'item', id: string) => (entity === 'user' ? users : items).get(id)

  function stateAt(entity: 'user' | 'item', id: string, offset = Infinity) {
    return historyOf(entity, id)?.stateAt(offset) ?? null
  }

  function attributesAfter(entity: 'user' | 'item', id: string, count: number) {
    const layout = entity === 'user' ? layouts.userAttributes : layouts.itemAttributes
    let state: AttributesState | null = null
    for (const { offset, told } of (attributes[entity].get(id) ?? []).slice(0, count)) {
      state =
        told === null
          ? eraseAttributes(layout, state, offset)
          : foldAttributes(layout, state, { ...told, offset })
    }
    return state
  }

  return {
    options,
    add(topic, record) {
      const logged = record as LoggedRecord<never>
      if (topic === 'interactions') return addInteraction(logged)
      if (topic === 'itemInteractions') return addCopies(logged)
      return addAttributes(topic === 'users' ? 'user' : 'item', logged)
    },
    counts: () => ({ ...counted, copiesMissing: counted.interactions - counted.copies }),
    ids(entity) {
      if (entity === 'user') return users.keys()
      if (entity === 'item') return items.keys()
      return attributes[entity === 'userAttributes' ? 'user' : 'item'].keys()
    },
    stateAt,
    attributeRecordsUntil: (entity, id, atMs) =>
      1 +
      (attributes[entity].get(id) ?? []).findLastIndex(
        ({ told }) => told !== null && told.occurredAtMs <= atMs,
      ),
    attributesAfter,
    blobOf(entity, id) {
      if (entity === 'user' || entity === 'item') {
        const state = stateAt(entity, id)
        return state === null ? null : encodeState(layouts[entity], state)
      }
      const state = attributesAfter(entity === 'userAttributes' ? 'user' : 'item', id, Infinity)
      return state === null ? null : encodeAttributes(layouts[entity], state)
    },
    expectedApplied: (entity, id) => historyOf(entity, id)?.length ?? 0,
  }
}

function entryOf<K, T>(known: Map<K, T>, id: K, make: () => T): T {
  let value = known.get(id)
  if (value === undefined) known.set(id, (value = make()))
  return value
}
