import type { FeatureStoreConfig } from '../config.ts'
import type { CompiledFeatureSet } from '../feature-set.ts'
import type { Fence } from '../fence.ts'
import {
  type Activity,
  type ActivityBounds,
  activityOf,
  createActivity,
  decodeActivity,
} from '../state/activity.ts'
import { lastHeardMs } from '../state/blob.ts'
import { FEED_ID } from '../state/feed-rates.ts'
import type { StateStore } from '../state-store.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** As the configuration says it, of one partition of users or of items. */
export const activityBounds = ({ limits, expiry }: FeatureStoreConfig): ActivityBounds => ({
  entitiesMax: limits.entitiesMax,
  keptMs: expiry.inactiveDays === 0 ? 0 : expiry.inactiveDays * DAY_MS + expiry.slackHours * HOUR_MS,
})

/** Of a partition that was just taken over. One that was kept by a version that did not count is looked through once. */
export async function loadActivity(
  store: Pick<StateStore, 'activity' | 'scan'>,
  tag: string,
  { streamTimeMs }: Pick<Fence, 'streamTimeMs'>,
  bounds: ActivityBounds,
): Promise<Activity> {
  if (streamTimeMs < 0) return createActivity(bounds)
  const blob = await store.activity(tag)
  if (blob !== null) return decodeActivity(bounds, blob)
  const activeAtMs: number[] = []
  for await (const { id, blob } of store.scan(tag)) {
    const atMs = id === FEED_ID ? Infinity : lastHeardMs(blob)
    if (Number.isFinite(atMs)) activeAtMs.push(atMs)
  }
  return activityOf(bounds, activeAtMs)
}

/** How many entities an owner counts, and how many had to make room: by partition. */
export interface ActivityTold {
  states: 'interactions' | 'item-interactions'
  /** Of its fence and states. */
  tag: string
  entities: number
  /** Since it was told last. */
  dropped: number
}

/** Who removes the states of those that had to make room, and cannot do it at any speed. */
export interface EntityRoom {
  /** After every write. */
  told(told: ActivityTold): void
  /** Whether there is room for more; waits for it a moment. */
  hasRoom(): Promise<boolean>
}

/** For a stage of users or of items. */
export const countedActivity = (
  states: ActivityTold['states'],
  { featureSet, room }: { featureSet: CompiledFeatureSet; room?: EntityRoom },
) => ({ states, bounds: activityBounds(featureSet.config), ...(room && { room }) })
