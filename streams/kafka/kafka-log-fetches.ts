import type { Cluster } from 'kafkajs'
import type { StreamsLimits } from '../config.ts'
import type { RawRecord } from '../raw-record.ts'
import { recordsFrom } from './wire/kafka-batch.ts'
import type { FetchAnswer, FetchedRecords } from './wire/kafka-fetch-answer.ts'

/** What one partition gave. */
export interface FetchedPartition {
  partition: number
  records: readonly RawRecord[]
  /** Of the first record batch (RecordBatch.producerTimeMs); null when nothing came. */
  producerTimeMs: number | null
  nextOffset: number
}

export interface LogFetchesParts {
  cluster: Cluster
  topicName: string
  /** First offset not read yet, per partition. */
  positions: ReadonlyMap<number, number>
  ends: ReadonlyMap<number, number>
  limits: Pick<StreamsLimits, 'fetchWaitMs' | 'fetchBytesMax' | 'fetchPartitionBytesMax'>
}

/** Fetches from one leader at a time, and what a partition that answers nothing means. */
export interface LogFetches {
  from(nodeId: string, partitions: readonly number[]): Promise<FetchedPartition[]>
  /** Something below the end offset is still to be read. */
  isBehind(partition: number): boolean
  /** It gave something. */
  gave(partition: number): void
}

const READ_COMMITTED = 1
/** An empty tail (compacted away, batches without records) answers nothing this often before it counts as read. */
const EMPTY_ANSWERS_MAX = 3

export function createLogFetches(parts: LogFetchesParts): LogFetches {
  const { cluster, topicName, positions, ends, limits } = parts
  const emptyAnswers = new Map<number, number>()

  const isBehind = (partition: number) =>
    positions.get(partition)! < ends.get(partition)! && (emptyAnswers.get(partition) ?? 0) < EMPTY_ANSWERS_MAX

  async function fetchPartitions(nodeId: string, ids: readonly number[]): Promise<FetchedPartition[]> {
    const broker = await cluster.findBroker({ nodeId })
    const answer = (await broker.fetch({
      isolationLevel: READ_COMMITTED,
      maxWaitTime: limits.fetchWaitMs,
      minBytes: 1,
      maxBytes: limits.fetchBytesMax,
      topics: [
        {
          topic: topicName,
          partitions: ids.map((partition) => ({
            partition,
            fetchOffset: String(positions.get(partition)!),
            maxBytes: limits.fetchPartitionBytesMax,
          })),
        },
      ],
    })) as FetchAnswer
    return answer.responses
      .flatMap(({ partitions: answered }) => answered)
      .map(({ partition, messages }) => readFrom(positions.get(partition)!, partition, messages))
      .filter(({ partition, nextOffset }) => nextOffset > positions.get(partition)!)
  }

  return {
    isBehind,
    gave: (partition) => void emptyAnswers.delete(partition),
    async from(nodeId, ids) {
      const fetched = await fetchPartitions(nodeId, ids)
      const silent = ids.filter((id) => isBehind(id) && !fetched.some(({ partition }) => partition === id))
      for (const id of silent) {
        // Another partition may have used up the answer: only asked alone does silence mean that nothing is there.
        const alone = await fetchPartitions(nodeId, [id]).catch(() => null)
        if (alone === null) break
        if (alone.length === 0) emptyAnswers.set(id, (emptyAnswers.get(id) ?? 0) + 1)
        else fetched.push(...alone)
      }
      return fetched
    },
  }
}

function readFrom(from: number, partition: number, messages: readonly FetchedRecords[]): FetchedPartition {
  // Past the last record batch as a whole: its last records may have been compacted away.
  const nextOffset = Math.max(from, Number(messages.at(-1)?.offset ?? -1) + 1)
  const producerTimeMs = messages[0]?.producerTimeMs ?? null
  return { partition, records: recordsFrom(from, messages), producerTimeMs, nextOffset }
}
