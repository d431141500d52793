import type { Interaction, LateInteraction, StageName } from '#schemas'
import { type Erasures, NO_ERASURES, rightTombstone, type Runtime } from '#streams'
import type { CompiledFeatureSet } from '../feature-set.ts'
import { SIGNALS } from '../signals.ts'
import { encodeState } from '../state/blob.ts'
import type { EntityState } from '../state/entity-state.ts'
import { FEED_ID, foldIntoFeed } from '../state/feed-rates.ts'
import { fold } from '../state/fold.ts'
import { renewExpired } from '../state/expiry.ts'
import { idHashOf, rememberId } from '../state/recent-ids.ts'
import type { StateStore } from '../state-store.ts'
import { createCopyBundles } from './copy-bundles.ts'
import { createFencedStage, type FencedStage } from './fenced-stage.ts'
import { countedActivity, type EntityRoom } from './partition-activity.ts'
import { interactionDetails } from './interaction-details.ts'
import { createItemLookups } from './item-lookups.ts'
import type { RecordSteps } from './record-steps.ts'
import { isTooLate, type StreamTime } from './stream-time.ts'
import { loadTouched, withoutErased } from './touched-states.ts'

export interface UserStageParts {
  runtime: Runtime
  store: StateStore
  featureSet: CompiledFeatureSet
  steps: RecordSteps
  /** Users whose tombstone lies ahead: nothing of them is written on the way there. */
  erasures?: Erasures
  /** Who removes the states of those that had to make room. */
  room?: EntityRoom
}

/**
 * Folds users from interactions and sends copies on to the partitions of their items, with the place they came from.
 * The copies are acknowledged before the fence moves: a crash in between sends them again, and the item side
 * drops what it has. An interaction whose id is among its user's last ones is folded nowhere. What features ask of the
 * whole feed is folded beside the users, into one state per partition. A tombstone ends what was known of its user: the
 * next interaction begins anew. Copies and the feed's rates carry no user, and stay. What comes too late
 * goes to the late topic.
 */
export function createUserStage(parts: UserStageParts): FencedStage<'interactions'> {
  const { runtime, store, featureSet, erasures = NO_ERASURES } = parts
  const { limits } = featureSet.config
  const { user: layout, feed } = featureSet.layouts
  const layoutOf = (id: string) => (id === FEED_ID ? feed! : layout)
  const { recentIdsMax } = layout
  const looksUp =
    layout.lookups.length === 0 ? () => false : (type: string) => layout.touches.get(type)?.looksUp ?? false
  const lookups = createItemLookups(parts)
  const details = interactionDetails(featureSet)
  const upTo = (partition: number) => (id: string) =>
    erasures.upTo('user', id, { topic: runtime.topicName('interactions'), partition })
  const partitionOfUser = (userId: string) => runtime.partitionOf('interactions', userId)

  return createFencedStage<'interactions', EntityState>({
    name: 'features-user' satisfies StageName,
    topic: 'interactions',
    layoutId: layout.id,
    runtime,
    store,
    steps: { interactions: parts.steps.interactions },
    tombstones: { interactions: rightTombstone('userId', partitionOfUser) },
    statesCachedMax: limits.statesCachedMax,
    applyRecordsMax: limits.applyRecordsMax,
    activity: countedActivity('interactions', parts),
    encode: (state, id) => encodeState(layoutOf(id), state),
    async foldSlice(owned, records, outputs) {
      const ids = records.map(({ value, key }) => value?.userId ?? key!.toString('utf8'))
      if (feed !== null) ids.push(FEED_ID)
      const items = new Set<string>()
      for (const { value } of records) if (value !== null && looksUp(value.type)) items.add(value.itemId)
      const [states, loaded] = await Promise.all([
        loadTouched({ store, layoutOf }, owned, ids),
        lookups.load(items),
      ])
      if (loaded === 'put_off') {
        runtime.signals.count(SIGNALS.lookupsPutOff)
        return { kind: 'put_off' }
      }
      const copies = createCopyBundles({
        sourcePartition: owned.partition,
        partitionOf: (itemId) => runtime.partitionOf('itemInteractions', itemId),
        bundleBytesMax: limits.copiesBytesMax,
      })
      const time = { newestMs: owned.streamTimeMs }
      let [late, missing, repeated, unfit] = [0, 0, 0, 0]
      for (let n = 0; n < records.length; n++) {
        const { value, offset } = records[n]!
        if (value !== null && isTooLate(time, value.occurredAtMs, limits.lateSecondsMax)) {
          late++
          outputs.add('late', lateRecord(value, { partition: owned.partition, offset, time }))
          continue
        }
        const state = states.touch(n)
        if (value === null) {
          state.reset(layout)
          continue
        }
        const { interactionId, itemId, type, occurredAtMs } = value
        const beforeMs = renewExpired(layout, state, occurredAtMs, owned.activity?.horizonMs)
        if (recentIdsMax > 0 && !rememberId(state, idHashOf(interactionId), recentIdsMax)) {
          repeated++
          continue
        }
        const keys = looksUp(type) ? loaded.keysAt(itemId, occurredAtMs) : undefined
        if (keys?.includes(null)) missing++
        const told = details.of(value, state)
        if (details.isUnfit(value, told)) unfit++
        fold(layout, state, type, occurredAtMs, offset, keys, told)
        owned.activity?.moved(beforeMs, state.asOfMs)
        if (feed !== null) foldIntoFeed(feed, states.touch(records.length), type, occurredAtMs, offset)
        copies.add(itemId, type, occurredAtMs, offset, details.carried(type, told))
      }
      tellCounts(runtime, { late, missing, repeated, unfit })
      for (const { partition, value } of copies.take())
        outputs.add('itemInteractions', { key: String(owned.partition), value, partition })
      return { kind: 'changed', ...withoutErased(states, upTo(owned.partition)), streamTimeMs: time.newestMs }
    },
  })
}

function lateRecord(
  value: Interaction,
  { partition, offset, time }: { partition: number; offset: number; time: StreamTime },
): { key: string; value: LateInteraction } {
  const late = { ...value, sourcePartition: partition, sourceOffset: offset, newestAtMs: time.newestMs }
  return { key: value.userId, value: late }
}

function tellCounts(
  { signals }: Pick<Runtime, 'signals'>,
  { late, missing, repeated, unfit }: Record<'late' | 'missing' | 'repeated' | 'unfit', number>,
): void {
  if (late > 0) signals.count(SIGNALS.interactionsLate, {}, late)
  if (missing > 0) signals.count(SIGNALS.lookupsMissing, {}, missing)
  if (repeated > 0) signals.count(SIGNALS.interactionsRepeated, {}, repeated)
  if (unfit > 0) signals.count(SIGNALS.valuesUnfit, {}, unfit)
}
