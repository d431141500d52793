import { setTimeout as sleep } from 'node:timers/promises'
import type { Admin } from 'kafkajs'
import type { TopicKey } from '#schemas'
import type { StreamsLimits } from '../../config.ts'
import { askAgain } from '../kafka-ask-again.ts'
import { splitIdentity, topicChanged, type TopicIdentity } from '../../topic-identity.ts'
import { tellLostRecords } from '../../lost-records.ts'
import type { Logger, Signals, Stage } from '../../stage.ts'
import { offsetBeyondEnd, startOffset } from '../../start-offset.ts'

/** One partition of one topic and the offset at which a stage begins it. */
export interface StartPoint<K extends TopicKey> {
  topic: K
  topicName: string
  partition: number
  offset: number
  /** The stage's own state has got farther than its group says: a crash came between the two. */
  aheadOfGroup: boolean
  /** What the group has committed, or would begin at. */
  commit: number
  /** What lies beside the committed offset, see crash-marker.ts. */
  metadata: string | null
  /** Of the topic, to be committed beside offsets; null: nobody can say. */
  identity: string | null
}

export interface StartOffsetsParts<K extends TopicKey> {
  admin: Admin
  brokers: readonly string[]
  limits: Pick<StreamsLimits, 'brokerOutageSecondsMax'>
  groupId: string
  log: Logger
  signals: Signals
  topicName(topic: TopicKey): string
  topicIdentity(topic: TopicKey): Promise<TopicIdentity | null>
  /** The division that gave us the partitions still holds: opening one takes it from whoever has it. */
  isCurrent(): boolean
  /** Told before the stage opens it: whatever was begun must be closed. */
  opening(topic: K, partition: number): void
}

/** A new leader may lag behind what was committed for a moment after a failover. */
const BEYOND_ATTEMPTS_MAX = 10
const BEYOND_DELAY_MS = 500

/**
 * Asks the stage, the group and the log where each partition begins. Answers explicit offsets, so that kafkajs'
 * own defaults (which resolve "latest" some time later) never decide. Opens no more once the group is divided anew:
 * what it answers then is incomplete.
 *
 * @throws OperatorError `offset_beyond_end` when a log ends before the offset its state speaks of, `topic_changed` when
 *   the offset was committed for another topic of this name
 */
export async function startOffsets<K extends TopicKey>(
  stage: Stage<K>,
  partitions: readonly number[],
  parts: StartOffsetsParts<K>,
): Promise<StartPoint<K>[]> {
  const { admin, groupId, topicName } = parts
  const names = stage.sources.map(topicName)
  if (partitions.length === 0) return []
  const groups = await askAgain(() => admin.fetchOffsets({ groupId, topics: names }), parts)
  const points: StartPoint<K>[] = []
  for (const topic of stage.sources) {
    const name = topicName(topic)
    const group = groups.find((entry) => entry.topic === name)
    const identity = await parts.topicIdentity(topic)
    let ends = await askAgain(() => admin.fetchTopicOffsets(name), parts)
    for (const partition of partitions) {
      if (!parts.isCurrent()) return points
      parts.opening(topic, partition)
      const asked = await stage.opened?.(topic, partition, partitions)
      const found = group?.partitions.find((entry) => entry.partition === partition)
      const { committed, metadata } = committedIn(
        found,
        asked !== undefined,
        identity,
        `${stage.name}'s offset`,
        name,
      )
      for (let attempt = 1; ; attempt++) {
        const end = ends.find((entry) => entry.partition === partition)
        const [low, high] = [Number(end?.low ?? 0), Number(end?.high ?? 0)]
        const start = startOffset({ asked, committed, low, high, startFrom: stage.startFrom })
        if (start.kind === 'beyond') {
          if (attempt === BEYOND_ATTEMPTS_MAX)
            throw offsetBeyondEnd(stage.name, name, partition, start.offset, high)
          await sleep(BEYOND_DELAY_MS)
          ends = await askAgain(() => admin.fetchTopicOffsets(name), parts)
          continue
        }
        if (start.kind === 'lost') {
          const { wanted, offset: first } = start
          tellLostRecords({ stage: stage.name, topic: name, partition, wanted, first }, parts)
        }
        const aheadOfGroup = asked !== undefined && start.offset > (committed ?? low)
        const commit = asked === undefined ? (committed ?? start.offset) : start.offset
        points.push({
          topic,
          topicName: name,
          partition,
          offset: start.offset,
          aheadOfGroup,
          commit,
          metadata,
          identity: identity?.text ?? null,
        })
        break
      }
    }
  }
  return points
}

/** What the group has committed of one partition, as far as it speaks of the topic that is there now. */
function committedIn(
  found: { offset: string; metadata?: string | null } | undefined,
  asked: boolean,
  identity: TopicIdentity | null,
  state: string,
  topicName: string,
): { committed: number | null; metadata: string | null } {
  if (found === undefined || Number(found.offset) < 0) return { committed: null, metadata: null }
  const { identity: was, rest: metadata } = splitIdentity(found.metadata ?? null)
  const isOther = was !== null && identity !== null && was !== identity.text
  if (isOther && (asked || identity.whenChanged === 'rebuild')) return { committed: null, metadata: null }
  if (isOther && identity.whenChanged === 'refuse') throw topicChanged(state, topicName, was, identity.text)
  return { committed: Number(found.offset), metadata }
}
