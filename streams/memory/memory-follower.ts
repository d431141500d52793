import type { Codec, TopicKey } from '#schemas'
import { decodeRecord } from '../decode-record.ts'
import { deferred } from '../deferred.ts'
import type { RawRecord } from '../raw-record.ts'
import type { Follower, Logger, RunningStage, Signals } from '../stage.ts'
import type { MemoryLog, MemoryPartition } from './memory-log.ts'
import { LOG_EVENTS } from '../signals.ts'

export interface MemoryFollowersParts {
  log: MemoryLog
  codec: Codec
  logger: Logger
  signals: Signals
  topicName(topic: TopicKey): string
}

export interface MemoryFollowers {
  /** Reads what is there at once, as a follower on Kafka does before it is ready. */
  add<K extends TopicKey>(follower: Follower<K>): Promise<RunningStage>
  /** One piece of work per partition that has something new; each takes a part of it as chance says. */
  behind(): FollowerWork[]
  /** The first offset that one of them has still to read; null: nobody follows the topic. */
  firstUnread(topic: string, partition: number): number | null
}

/** Reads a part of what is new. */
export type FollowerWork = (below: (max: number) => number) => Promise<void>

export function createMemoryFollowers(parts: MemoryFollowersParts): MemoryFollowers {
  const { log, topicName } = parts
  const readers = new Set<{
    positions: number[]
    topic: string
    read(partition: number, recordsMax: number): Promise<void>
  }>()

  async function add<K extends TopicKey>(follower: Follower<K>): Promise<RunningStage> {
    const topic = topicName(follower.topic)
    const [ready, done] = [deferred(), deferred()]
    const { startFrom, partitions: only } = follower
    const partitions = log.topics.get(topic)!
    const startOf = ({ endOffset, lowOffset }: MemoryPartition, partition: number) => {
      if (startFrom === 'latest') return endOffset
      if (typeof startFrom === 'object') return startFrom.get(partition) ?? endOffset
      return startFrom === 'earliest' ? 0 : Math.max(lowOffset, endOffset - startFrom)
    }
    const reader = {
      topic,
      /** Infinity: it does not read that one. */
      positions: partitions.map((one, partition) =>
        only === undefined || only.includes(partition) ? startOf(one, partition) : Infinity,
      ),
      async read(partition: number, recordsMax: number) {
        const { records, nextOffset } = log.read(topic, partition, reader.positions[partition]!, recordsMax)
        reader.positions[partition] = nextOffset
        try {
          for (const record of records) await tell(follower, topic, record, parts)
        } catch (error) {
          readers.delete(reader)
          ready.reject(error)
          done.reject(error)
        }
      },
    }
    readers.add(reader)
    for (let partition = 0; partition < partitions.length && readers.has(reader); partition++)
      if (reader.positions[partition] !== Infinity) await reader.read(partition, Infinity)
    ready.resolve()
    return {
      ready: ready.promise,
      done: done.promise,
      stop() {
        readers.delete(reader)
        done.resolve()
        return Promise.resolve()
      },
    }
  }

  return {
    add,
    firstUnread(topic, partition) {
      const positions = [...readers].flatMap((reader) =>
        reader.topic === topic ? [reader.positions[partition]!] : [],
      )
      const first = Math.min(...positions)
      return Number.isFinite(first) ? first : null
    },
    behind: () =>
      [...readers].flatMap((reader) =>
        reader.positions.flatMap((position, partition) => {
          if (position === Infinity) return []
          const available = log.available(reader.topic, partition, position)
          return available === 0
            ? []
            : [(below: (max: number) => number) => reader.read(partition, 1 + below(available))]
        }),
      ),
  }
}

async function tell<K extends TopicKey>(
  follower: Follower<K>,
  topic: string,
  raw: RawRecord,
  { codec, logger, signals }: Pick<MemoryFollowersParts, 'codec' | 'logger' | 'signals'>,
): Promise<void> {
  if (raw.value === null) return follower.record({ ...raw, topic, value: null })
  const verdict = await decodeRecord(codec, follower.topic, raw.value, Infinity)
  if (verdict.kind === 'pass') return follower.record({ ...raw, topic, value: verdict.value })
  if (verdict.kind === 'retry') throw verdict.cause
  signals.count('records_dropped', { stage: follower.name, topic: follower.topic, reason: verdict.reason })
  logger.warn(
    { follower: follower.name, topic, offset: raw.offset, reason: verdict.reason },
    LOG_EVENTS.recordDropped,
  )
}
