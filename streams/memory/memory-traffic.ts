import type { Codec, TopicKey } from '#schemas'
import { partitionOf } from '../partitioner.ts'
import type { Random } from '../simulator/random.ts'
import type { Clock } from '../stage.ts'
import type { MemoryRuntime } from './memory-contract.ts'
import type { MemoryLog } from './memory-log.ts'

export interface MemoryTrafficParts {
  broker: MemoryLog
  codec: Codec
  clock: Clock
  random: Random
  topicName(topic: TopicKey): string
  partitionCount(topic: TopicKey): number
}

/** What the outside world writes to the log, and finds in it. */
export type MemoryTraffic = Pick<
  MemoryRuntime,
  'produce' | 'produceBytes' | 'records' | 'rawRecords' | 'offsets' | 'digest'
>

export function createMemoryTraffic(parts: MemoryTrafficParts): MemoryTraffic {
  const { broker, codec, clock, random, topicName, partitionCount } = parts

  const produceBytes: MemoryTraffic['produceBytes'] = (topic, { key, value, partition }) => {
    const count = partitionCount(topic)
    const chosen = partition ?? (key === null ? random.int(count) : partitionOf(key, count))
    return broker.append(topicName(topic), chosen, { key, value, brokerTimeMs: clock.nowMs() })
  }
  const rawRecords: MemoryTraffic['rawRecords'] = (topic) =>
    broker.topics.get(topicName(topic))!.flatMap(({ records }) => records)

  return {
    produceBytes,
    produce(topic, key, value, partition) {
      const bytes = value === null ? null : codec.encode(topic, value)
      const chosen = partition === undefined ? {} : { partition }
      return produceBytes(topic, { key: Buffer.from(key), value: bytes, ...chosen })
    },
    rawRecords,
    records: (topic) =>
      rawRecords(topic).map((raw) => ({
        ...raw,
        topic: topicName(topic),
        value: raw.value === null ? null : codec.decode(topic, raw.value),
      })),
    offsets(topic, partition) {
      const name = topicName(topic)
      const [startOffset, endOffset] = [
        broker.startOffset(name, partition),
        broker.endOffset(name, partition),
      ]
      return Promise.resolve({ startOffset, endOffset })
    },
    digest: () => broker.digest(),
  }
}
