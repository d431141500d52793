import type { Codec, RecordOf, TopicKey } from '#schemas'
import type { EarlierRecords } from './earlier-records.ts'
import type { TopicIdentity } from './topic-identity.ts'
import type { RecordMeta, Step, Verdict } from './verdict.ts'

/** A record after decoding and steps. `value` is null for a tombstone. */
export interface StageRecord<K extends TopicKey> extends RecordMeta {
  key: Buffer | null
  value: RecordOf[K] | null
}

/** One fetch of one partition, in offset order. `records` may have holes (compaction, drops, dead letters). */
export interface Batch<K extends TopicKey = TopicKey> {
  topic: K
  partition: number
  /** Offset of the first record fetched, before drops. */
  firstOffset: number
  /** First offset not in this batch: where the next fetch begins. */
  nextOffset: number
  records: StageRecord<K>[]
  /** The partition's end offset at the time of the fetch. */
  endOffset: number
}

/** What a stage asks of the runner after a batch. */
export type BatchResult =
  /** Done up to and including the batch. `commit`: the offset to commit when it differs from `nextOffset`. */
  | { kind: 'done'; commit?: number }
  /** Start again from this offset (the fence says that we are elsewhere). */
  | { kind: 'seek'; offset: number }

/** Where a stage writes. Nothing is acknowledged until `flush` resolves. */
export interface Outputs {
  /** Buffers one record. `key` decides the partition (murmur2, as every Kafka client) unless `partition` is given. */
  add<K extends TopicKey>(
    topic: K,
    record: { key: string; value: RecordOf[K] | null; partition?: number },
  ): void
  /** Resolves when every record added so far is acknowledged by all in-sync replicas; rejects if one was not. */
  flush(): Promise<void>
}

/**
 * A processor of one or more co-partitioned topics: the owner of partition p owns p of all of them.
 * The runner fetches, decodes, runs `steps`, acts on verdicts, calls `batch`, then commits.
 */
export interface Stage<K extends TopicKey = TopicKey> {
  /** Consumer group, without the prefix. */
  readonly name: string
  readonly sources: readonly K[]
  /** Where a group without committed offsets begins. */
  readonly startFrom: 'earliest' | 'latest'
  readonly steps?: { readonly [T in K]?: readonly Step<RecordOf[T]>[] }
  /** What a tombstone of these topics must pass; where none is given all of them pass. */
  readonly tombstones?: { readonly [T in K]?: (key: Buffer | null, meta: RecordMeta) => Verdict<null> }
  /**
   * We own the partition now. Answers the offset to begin at, per topic; undefined: the committed one.
   * @param given all partitions that this member got in the same division
   */
  opened?(topic: K, partition: number, given: readonly number[]): Promise<number | undefined>
  /** Someone else may own it now: drop what is cached for it. */
  closed?(topic: K, partition: number): Promise<void>
  /** Called for one batch at a time per partition. Throwing stops the stage: it restarts from its offsets. */
  batch(batch: Batch<K>, outputs: Outputs): Promise<BatchResult>
}

/** Follows a topic without a group: compacted topics, observers, partitions that somebody else owns. */
export interface Follower<K extends TopicKey = TopicKey> {
  readonly name: string
  readonly topic: K
  /**
   * A number: so many offsets before the end of each partition, where there are as many. A map: the offset of each
   * partition; those that it leaves out begin at their end.
   */
  readonly startFrom: 'earliest' | 'latest' | number | ReadonlyMap<number, number>
  /** Left out: all of them. */
  readonly partitions?: readonly number[]
  record(record: StageRecord<K>): void | Promise<void>
}

export interface RunningStage {
  /** Resolves when what was in the topic at the start has been read (followers) or partitions are assigned (stages). */
  ready: Promise<void>
  /** Rejects when the stage died (see errors.ts); resolves after stop(). */
  done: Promise<void>
  /** Finishes the batch at hand, commits, leaves the group. */
  stop(): Promise<void>
}

/** Whether one thing that a service needs is there. `waiting`: not (yet); `degraded`: it does without. */
export interface Check {
  status: 'ok' | 'degraded' | 'waiting'
  /** What is missing, and what follows from it. */
  reason?: string
}

/** By the name of what is needed. */
export type Checks = Readonly<Record<string, () => Check | Promise<Check>>>

/** A service, and what /readyz tells of it. */
export interface RunningService extends RunningStage {
  readonly checks: Checks
}

/** Time as an argument. */
export interface Clock {
  /** Wall clock. */
  nowMs(): number
}

export interface Logger {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

/** Counters, gauges and histograms by name; names are declared in each part's signals.ts. */
export interface Signals {
  count(name: string, labels?: Record<string, string>, by?: number): void
  gauge(name: string, value: number, labels?: Record<string, string>): void
  observe(name: string, value: number, labels?: Record<string, string>): void
}

/**
 * Everything a service may touch of Kafka. `connectRuntime` gives it on real brokers,
 * `createMemoryRuntime` in memory with one seed and a simulated clock: services cannot tell.
 */
export interface Runtime {
  readonly codec: Codec
  readonly clock: Clock
  readonly log: Logger
  readonly signals: Signals
  /** Physical topic name, prefix included. */
  topicName(topic: TopicKey): string
  partitionCount(topic: TopicKey): number
  /** Partition that the default partitioner (murmur2) gives this key. */
  partitionOf(topic: TopicKey, key: string): number
  /**
   * First retained offset and end offset of a partition, now. The feature store needs it: a rebuild is over at
   * the end offset, and what a fold looks up in another topic must have been read up to there.
   */
  offsets(topic: TopicKey, partition: number): Promise<{ startOffset: number; endOffset: number }>
  /** Which topic of this name it is; a state that was made from another one must not go on. null: nobody can say. */
  topicIdentity(topic: TopicKey): Promise<TopicIdentity | null>
  runStage<K extends TopicKey>(stage: Stage<K>): Promise<RunningStage>
  follow<K extends TopicKey>(follower: Follower<K>): Promise<RunningStage>
  outputs(name: string): Promise<OpenedOutputs>
}

/** How far a stage without a group reads. */
export interface LogStageOptions<K extends TopicKey> {
  /** First offset of a partition that is not read; null: goes on with whatever comes. Asked before every fetch. */
  endOf(topic: K, partition: number): number | null
  /** First offset of a partition that must wait for now; null or left out: nothing waits. */
  limitOf?(topic: K, partition: number): number | null
  /** What is read before the topic, of each source: an archive; left out: nothing. */
  earlierOf?(topic: K): EarlierRecords | null
  /** Takes what the stage and the runner write, dead letters included. */
  outputs: Outputs
}

/** Outputs, and the end of them. */
export type OpenedOutputs = Outputs & { close(): Promise<void> }

/** The Runtime on real brokers. */
export interface ConnectedRuntime extends Runtime {
  /** @param topicNames physical names of topics that go elsewhere, with as many partitions; left out: none does */
  outputs(name: string, topicNames?: Partial<Record<TopicKey, string>>): Promise<OpenedOutputs>
  /** Runs a stage without a group, from where `opened` says, up to given ends: a replay beside the live one. */
  readStage<K extends TopicKey>(stage: Stage<K>, options: LogStageOptions<K>): Promise<RunningStage>
  /** Stops what still runs, then disconnects. Safe to call twice. */
  close(): Promise<void>
}
