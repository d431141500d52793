import type { Admin, Consumer, ConsumerGroupJoinEvent } from 'kafkajs'
import type { TopicKey } from '#schemas'
import type { StreamsConfig } from '../../config.ts'
import type { PartitionLanes } from '../../partition-lanes.ts'
import type { Logger, Signals, Stage } from '../../stage.ts'
import type { TopicIdentity } from '../../topic-identity.ts'
import type { Commits } from './kafka-commits.ts'
import type { Markers } from './kafka-markers.ts'
import type { MemberEnd } from './kafka-member-end.ts'
import type { Pauses } from './kafka-pauses.ts'
import { startOffsets } from './kafka-start-offsets.ts'
import type { Watchdog } from './kafka-watchdog.ts'
import { LOG_EVENTS } from '../../signals.ts'

export interface GenerationsParts<K extends TopicKey> {
  stage: Stage<K>
  groupId: string
  admin: Admin
  brokers: readonly string[]
  limits: StreamsConfig['limits']
  log: Logger
  signals: Signals
  topicName(topic: TopicKey): string
  topicIdentity(topic: TopicKey): Promise<TopicIdentity | null>
  consumer: Pick<Consumer, 'pause' | 'resume'>
  commits: Pick<Commits, 'clear'>
  lanes: Pick<PartitionLanes, 'idle'>
  markers: Markers<K>
  pauses: Pauses
  watchdog: Pick<Watchdog, 'joined' | 'opening'>
  end: Pick<MemberEnd, 'isEnding' | 'fail' | 'opened'>
  seek(topic: string, partition: number, offset: number): void
}

/**
 * The divisions of the group that one member lives through, and what it owns in the latest one. Partitions stay paused
 * until the stage has closed what it had and opened what it got.
 */
export interface Generations {
  current(): number
  /** What was read in it may neither commit nor seek any more. */
  over(): void
  owns(partition: number): boolean
  /** Runs in the same turn as the assignment: nothing is fetched before the partitions are paused. */
  joined(event: ConsumerGroupJoinEvent): void
  /** Resolves when nothing is being opened. */
  opening(): Promise<void>
  closeOwned(): Promise<void>
}

export function createGenerations<K extends TopicKey>(parts: GenerationsParts<K>): Generations {
  const { stage, consumer, commits, markers, pauses, watchdog, end, log, signals } = parts
  const { whileJoined } = pauses
  const topics = stage.sources.map(parts.topicName)
  let generation = 0
  let [owned, opened]: [number[], [topic: K, partition: number][]] = [[], []]
  let opening: Promise<void> = Promise.resolve()

  const topicPartitions = (partitions: number[]) => topics.map((topic) => ({ topic, partitions }))

  function joined({ payload }: ConsumerGroupJoinEvent): void {
    generation += 1
    const joinedGeneration = generation
    const partitions = [...new Set(Object.values(payload.memberAssignment).flat())].sort((a, b) => a - b)
    commits.clear()
    pauses.clear()
    watchdog.joined()
    whileJoined(() => consumer.pause(topicPartitions(partitions)))
    signals.count('partitions_assigned', { stage: stage.name }, partitions.length)
    log.info({ stage: stage.name, generation, partitions }, LOG_EVENTS.partitionsAssigned)
    opening = opening
      .then(() => open(joinedGeneration, partitions))
      .catch(end.fail)
      .finally(() => watchdog.opening('over'))
  }

  async function open(joinedGeneration: number, partitions: number[]): Promise<void> {
    await parts.lanes.idle()
    watchdog.opening('begun')
    await closeOwned()
    const isCurrent = () => joinedGeneration === generation && !end.isEnding()
    if (!isCurrent()) return
    owned = partitions
    const begun = (topic: K, partition: number) => void opened.push([topic, partition])
    const points = await startOffsets(stage, partitions, { ...parts, isCurrent, opening: begun })
    if (!isCurrent()) return
    whileJoined(() => {
      for (const point of points) {
        parts.seek(point.topicName, point.partition, point.offset)
        markers.open(point)
      }
      consumer.resume(topicPartitions(partitions))
      end.opened()
    })
  }

  async function closeOwned(): Promise<void> {
    const closing = opened
    ;[owned, opened] = [[], []]
    markers.forget()
    for (const [topic, partition] of closing) await stage.closed?.(topic, partition)
  }

  return {
    current: () => generation,
    over: () => void (generation += 1),
    owns: (partition) => owned.includes(partition),
    joined,
    opening: () => opening,
    closeOwned,
  }
}
