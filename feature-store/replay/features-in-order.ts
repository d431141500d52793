import type { Interaction, Item, User } from '#schemas'
import { partitionOf } from '#streams'
import { foldAttributes, type AttributesState } from '../attributes/attributes-state.ts'
import type { FeatureRequest, FeatureVectors } from '../contract.ts'
import type { CompiledFeatureSet } from '../feature-set.ts'
import { EntityState } from '../state/entity-state.ts'
import { renewExpired } from '../state/expiry.ts'
import { foldIntoFeed } from '../state/feed-rates.ts'
import { fold } from '../state/fold.ts'
import { idHashOf, rememberId } from '../state/recent-ids.ts'
import { interactionDetails } from '../stages/interaction-details.ts'
import { lookupKeys } from '../stages/item-lookups.ts'
import { createLateness } from '../stages/stream-time.ts'
import { entityView, type EntityView } from '../vectors/entity-view.ts'
import { feedRatesAt } from '../vectors/feed-rates-at.ts'
import { contextValues, vectorise } from '../vectors/vectorise.ts'
import type { StateLayout } from '../state/layout.ts'
import { entryOf } from './entry-of.ts'
import { createLiveSteps } from './live-steps.ts'
import type { ReplayedRecords } from './replay.ts'

/** What became of a record. */
export type InOrderVerdict =
  | 'folded'
  /** The live steps refuse it: unknown type, absurd time, too long an id. */
  | 'refused'
  /** Its id is among the last ones of its user. */
  | 'duplicate'
  /** Too far behind the newest of its partition (limits.lateSecondsMax). */
  | 'late'

/**
 * The feature store in one process, with nothing between a record and its fold: what the four stages and the reader do
 * when each record is folded before the next one comes. Same steps, folds and vectors. For backtests.
 *
 * Holds the newest state of every user and item. Nothing is ever stale: nobody lags.
 */
export interface FeaturesInOrder {
  user(user: User): InOrderVerdict
  item(item: Item): InOrderVerdict
  interaction(interaction: Interaction): InOrderVerdict
  /** The rows of a request, as of now and of its event time. */
  read(request: FeatureRequest): FeatureVectors
}

/** One partition, told when it happened. */
const ONLY_PARTITION = { partition: 0 }
const ONE_PARTITION = { topicName: (topic: string) => topic, partitionOf: () => ONLY_PARTITION.partition }

/** @param partitions of the interactions topic: what is told of the whole feed is summed over them, as live */
export function createFeaturesInOrder(featureSet: CompiledFeatureSet, partitions: number): FeaturesInOrder {
  const { layouts, width } = featureSet
  const passed = createLiveSteps({ featureSet, ...ONE_PARTITION })
  const keysOf = lookupKeys(featureSet)
  const details = interactionDetails(featureSet)
  const states = { user: new Map<string, EntityState>(), item: new Map<string, EntityState>() }
  const attributes = { user: new Map<string, AttributesState>(), item: new Map<string, AttributesState>() }
  const feeds = createFeedStates(layouts.feed, partitions)
  const tooLate = createLateness(featureSet.config.limits)
  let offset = -1

  function told<T extends 'users' | 'items' | 'interactions'>(
    topic: T,
    id: string,
    value: ReplayedRecords[T],
  ) {
    offset += 1
    const brokerTimeMs = value.occurredAtMs
    return passed<T>(topic, { ...ONLY_PARTITION, key: Buffer.from(id), offset, brokerTimeMs, value })
  }

  function describe(entity: 'user' | 'item', id: string, record: User | Item): 'folded' {
    const layout = entity === 'user' ? layouts.userAttributes : layouts.itemAttributes
    const known = attributes[entity]
    known.set(id, foldAttributes(layout, known.get(id) ?? null, { ...record, offset }))
    return 'folded'
  }

  const stateOf = (entity: 'user' | 'item', id: string, atMs: number): EntityState =>
    renewedState(states[entity], layouts[entity], id, atMs)

  function viewOf(entity: 'user' | 'item', id: string, atMs: number): EntityView {
    const state = states[entity].get(id) ?? null
    return entityView(layouts[entity], state, attributes[entity].get(id) ?? null, { id, atMs, stale: false })
  }

  return {
    user(record) {
      const user = told('users', record.userId, record)
      return user === null ? 'refused' : describe('user', user.userId, user)
    },
    item(record) {
      const item = told('items', record.itemId, record)
      return item === null ? 'refused' : describe('item', item.itemId, item)
    },
    interaction(record) {
      const interaction = told('interactions', record.userId, record)
      if (interaction === null) return 'refused'
      const { interactionId, userId, itemId, type, occurredAtMs } = interaction
      if (tooLate(partitionOf(userId, partitions), occurredAtMs)) return 'late'
      const user = stateOf('user', userId, occurredAtMs)
      if (!rememberId(user, idHashOf(interactionId), layouts.user.recentIdsMax)) return 'duplicate'
      const looksUp = layouts.user.touches.get(type)?.looksUp ?? false
      const keys = looksUp ? keysOf(attributes.item.get(itemId) ?? null, occurredAtMs) : undefined
      const beside = details.of(interaction, user)
      fold(layouts.user, user, type, occurredAtMs, offset, keys, beside)
      const item = stateOf('item', itemId, occurredAtMs)
      fold(layouts.item, item, type, occurredAtMs, offset, undefined, details.carried(type, beside))
      feeds.fold(interaction, offset)
      return 'folded'
    },
    read({ userId, itemIds, context, occurredAtMs }) {
      const vectors = new Float32Array(itemIds.length * width)
      const flags = new Uint8Array(itemIds.length * width)
      const user = viewOf('user', userId, occurredAtMs)
      const items = itemIds.map((itemId) => viewOf('item', itemId, occurredAtMs))
      const feedRates = feedRatesAt(featureSet, feeds.states, occurredAtMs)
      const read = { user, items, context: contextValues(featureSet, context), feedRates }
      vectorise(featureSet, read, vectors, flags, 0)
      return {
        vectors,
        flags,
        userOffsets: [user.state?.lastOffset ?? -1],
        itemOffsets: items.map(({ state }) => state?.lastOffset ?? -1),
        feedOffsets: feeds.states.map((state) => state?.lastOffset ?? -1),
      }
    },
  }
}

function renewedState(
  states: Map<string, EntityState>,
  layout: StateLayout,
  id: string,
  atMs: number,
): EntityState {
  const state = entryOf(states, id, () => new EntityState(layout))
  renewExpired(layout, state, atMs)
  return state
}

/** What each partition of interactions keeps of all its users. */
function createFeedStates(layout: StateLayout | null, partitions: number) {
  const states = new Array<EntityState | null>(layout === null ? 0 : partitions).fill(null)
  return {
    states: states as readonly (EntityState | null)[],
    fold({ userId, type, occurredAtMs }: Interaction, offset: number): void {
      if (layout === null) return
      const state = (states[partitionOf(userId, partitions)] ??= new EntityState(layout))
      foldIntoFeed(layout, state, type, occurredAtMs, offset)
    },
  }
}
