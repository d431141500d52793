import type { Consumer } from 'kafkajs'
import type { TopicKey } from '#schemas'
import type { StreamsLimits } from '../../config.ts'
import type { CrashWatchEnd } from '../../crash-watch.ts'
import type { PartitionLanes } from '../../partition-lanes.ts'
import type { Commits } from './kafka-commits.ts'
import { withinMs } from './kafka-consumer.ts'
import type { Generations } from './kafka-generations.ts'
import type { Heartbeats } from './kafka-heartbeats.ts'
import type { Markers } from './kafka-markers.ts'
import type { Outages } from './kafka-outages.ts'
import type { Pauses } from './kafka-pauses.ts'
import type { createRejoin } from './kafka-rejoin.ts'
import type { Watchdog } from './kafka-watchdog.ts'

export interface LeaveParts<K extends TopicKey> {
  limits: Pick<StreamsLimits, 'leaveSecondsMax'>
  consumer: Pick<Consumer, 'disconnect'>
  commits: Pick<Commits, 'clear'>
  generations: Pick<Generations, 'opening' | 'closeOwned'>
  heartbeats: Pick<Heartbeats, 'stop'>
  lanes: Pick<PartitionLanes, 'idle'>
  markers: Pick<Markers<K>, 'close'>
  outages: Pick<Outages, 'isStalled'>
  pauses: Pick<Pauses, 'clear'>
  rejoin: Pick<ReturnType<typeof createRejoin>, 'settled'>
  watchdog: Pick<Watchdog, 'stop'>
}

/** Ends what is at work, tells the group where it stands, leaves it and closes the partitions. */
export async function leaveGroup<K extends TopicKey>(
  parts: LeaveParts<K>,
  how: CrashWatchEnd,
): Promise<void> {
  const { limits, consumer, commits, generations, heartbeats, lanes, markers, pauses, rejoin, watchdog } =
    parts
  watchdog.stop()
  const isStalled = parts.outages.isStalled()
  const wait = <T>(work: Promise<T>) => (isStalled ? withinMs(limits.leaveSecondsMax * 1_000, work) : work)
  if (!isStalled) await lanes.idle()
  pauses.clear()
  await wait(markers.close(how))
  await wait(rejoin.settled())
  await wait(consumer.disconnect())
  heartbeats.stop()
  commits.clear() // what was refused last would be tried again, and connect again for it
  await wait(generations.opening())
  await generations.closeOwned()
}
