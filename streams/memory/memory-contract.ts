import type { Codec, RecordOf, TopicKey } from '#schemas'
import type { StreamsConfig } from '../config.ts'
import type { RawRecord } from '../raw-record.ts'
import type { Logger, Runtime, Signals, StageRecord } from '../stage.ts'
import type { MemoryBounds } from './memory-log.ts'
import type { Retained } from './memory-retention.ts'

export interface MemoryRuntimeOptions {
  /** The same seed gives the same run, bit for bit. */
  seed: number | string
  startMs?: number
  config?: StreamsConfig
  /** How much the clock moves per step. */
  stepMs?: number
  codec?: Codec
  log?: Logger
  signals?: Signals
  /** What a topic may hold; default: MEMORY_BOUNDS. */
  bounds?: Partial<MemoryBounds>
  /** What a topic that is full does; default: all, so that `records` answers everything. */
  retained?: Retained
}

/**
 * A whole system in memory: the Runtime that services take, and who moves it on. Batches run through the same stage
 * runner, codec and accumulator as on Kafka; a seeded scheduler decides who reads next and how much.
 */
export interface MemoryRuntime extends Runtime {
  readonly config: StreamsConfig
  /**
   * Writes as the outside world would, at the clock's time.
   *
   * @throws OperatorError `memory_log_full` when the topic may not hold more
   */
  produce<K extends TopicKey>(topic: K, key: string, value: RecordOf[K] | null, partition?: number): RawRecord
  /** Writes any bytes. */
  produceBytes(
    topic: TopicKey,
    record: { key: Buffer | null; value: Buffer | null; partition?: number },
  ): RawRecord
  /** One batch of one partition of one stage or follower, as the seed decides. False: nothing can be done now. */
  step(): Promise<boolean>
  /** Steps until nothing is left but parked records, each tried once more; waiting retries let the clock jump. */
  settle(): Promise<void>
  /** Steps until the promise settles, for services whose start waits for what stages read. */
  settleUntil<T>(promise: Promise<T>): Promise<T>
  advance(ms: number): void
  /** What is still held, decoded, by partition, then offset. */
  records<K extends TopicKey>(topic: K): StageRecord<K>[]
  rawRecords(topic: TopicKey): RawRecord[]
  /** Next offset to read per partition, as committed by a stage's group. */
  committed(stage: string, topic: TopicKey): Map<number, number>
  /** Whether a stage has a member. */
  runs(stage: string): boolean
  /** SHA-256 of all topics. */
  digest(): string
}
