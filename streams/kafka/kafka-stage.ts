import type {
  Admin,
  Batch,
  ConsumerCrashEvent,
  ConsumerGroupJoinEvent,
  EachBatchPayload,
  Kafka,
} from 'kafkajs'
import type { TopicKey } from '#schemas'
import type { StreamsConfig } from '../config.ts'
import { deferred } from '../deferred.ts'
import { coPartitionAssigner } from './kafka-assigner.ts'
import { rawBatchOf } from './kafka-batch.ts'
import { outageRetry } from './kafka-client.ts'
import { type CommitOffsets, createCommits } from './kafka-commits.ts'
import { classifyKafkaError } from './kafka-errors.ts'
import { createHeartbeats } from './kafka-heartbeats.ts'
import type { KafkaOutputs } from './kafka-outputs.ts'
import { startOffsets } from './kafka-start-offsets.ts'
import { createPartitionLanes } from '../partition-lanes.ts'
import { sliceBatch } from '../raw-record.ts'
import { offsetBeyondEnd } from '../start-offset.ts'
import { createStageRunner, type RunOutcome, type StageRunnerParts } from '../stage-runner.ts'
import { tellLostRecords } from '../lost-records.ts'
import type { RunningStage, Stage } from '../stage.ts'

export interface KafkaStageParts extends StageRunnerParts {
  kafka: Kafka
  admin: Admin
  brokers: readonly string[]
  config: StreamsConfig
  outputs: KafkaOutputs
}

/** What kafkajs' batch has besides what its types say: the offset that was asked for. */
type FetchedBatch = Batch & { fetchedOffset: string }

/**
 * One consumer group member for one stage. The group is divided by `coPartitionAssigner`; every division is a new
 * generation: partitions stay paused until the stage has closed what it had and opened what it got. A batch that is
 * still at work when its generation ends neither commits nor seeks (kafkajs alone would let it).
 */
export async function runKafkaStage<K extends TopicKey>(
  stage: Stage<K>,
  parts: KafkaStageParts,
): Promise<RunningStage> {
  const { kafka, admin, brokers, config, outputs, log, signals, limits, topicName } = parts
  const groupId = `${config.prefix}.${stage.name}`
  const keyOf = new Map(stage.sources.map((topic) => [topicName(topic), topic]))
  const run = createStageRunner(stage, parts)
  const commits = createCommits({ stage: stage.name, intervalMs: limits.commitIntervalMs, log, signals })
  const lanes = createPartitionLanes()
  const [ready, done] = [deferred(), deferred()]
  let generation = 0
  let owned: number[] = []
  let opening: Promise<void> = Promise.resolve()
  let ending: Promise<void> | null = null
  let fetchedAtMs = parts.clock.nowMs()
  const retryTimers = new Set<NodeJS.Timeout>()
  /** Where the next batch must begin, by `topic/partition`. */
  const positions = new Map<string, number>()

  const consumer = kafka.consumer({
    groupId,
    partitionAssigners: [coPartitionAssigner],
    sessionTimeout: limits.sessionTimeoutMs,
    rebalanceTimeout: limits.rebalanceTimeoutMs,
    heartbeatInterval: limits.heartbeatIntervalMs,
    maxBytesPerPartition: limits.fetchPartitionBytesMax,
    maxBytes: limits.fetchBytesMax,
    minBytes: 1,
    maxWaitTimeInMs: limits.fetchWaitMs,
    allowAutoTopicCreation: false,
    retry: { ...outageRetry(limits), retries: 5, restartOnFailure: () => Promise.resolve(mayRestart()) },
  })
  consumer.on('consumer.group_join', joined)
  consumer.on('consumer.rebalancing', () => void commits.flush())
  consumer.on('consumer.fetch', () => (fetchedAtMs = parts.clock.nowMs()))
  consumer.on('consumer.crash', crashed)

  /** Runs in the same turn as the assignment: nothing is fetched before the partitions are paused. */
  function joined({ payload }: ConsumerGroupJoinEvent): void {
    if (ending !== null) return
    generation += 1
    const joinedGeneration = generation
    const partitions = [...new Set(Object.values(payload.memberAssignment).flat())].sort((a, b) => a - b)
    commits.clear()
    for (const timer of retryTimers) clearTimeout(timer)
    retryTimers.clear()
    whileJoined(() => consumer.pause([...keyOf.keys()].map((topic) => ({ topic, partitions }))))
    signals.count('partitions_assigned', { stage: stage.name }, partitions.length)
    log.info({ stage: stage.name, generation, partitions }, 'partitions assigned')
    opening = opening.then(() => open(joinedGeneration, partitions)).catch(fail)
  }

  async function open(joinedGeneration: number, partitions: number[]): Promise<void> {
    await lanes.idle()
    await closeOwned()
    if (joinedGeneration !== generation || ending !== null) return
    owned = partitions
    const points = await startOffsets(stage, partitions, { ...parts, groupId })
    if (joinedGeneration !== generation || ending !== null) return
    whileJoined(() => {
      for (const { topicName: topic, partition, offset } of points) seek(topic, partition, offset)
      // A partition that rests brings no batch to be committed with: its lag would stay for ever.
      for (const { topicName: topic, partition, offset, aheadOfGroup } of points)
        if (aheadOfGroup) commits.note(topic, partition, offset, commitOffsets)
      consumer.resume([...keyOf.keys()].map((topic) => ({ topic, partitions })))
      ready.resolve()
    })
  }

  const commitOffsets: CommitOffsets = ({ topics }) =>
    consumer.commitOffsets(
      topics.flatMap(({ topic, partitions }) => partitions.map((entry) => ({ topic, ...entry }))),
    )

  async function closeOwned(): Promise<void> {
    const partitions = owned
    owned = []
    for (const partition of partitions)
      for (const topic of stage.sources) await stage.closed?.(topic, partition)
  }

  async function eachBatch(payload: EachBatchPayload): Promise<void> {
    const { batch } = payload
    const read = generation
    const isOurs = () => read === generation && !heartbeats.lost()
    const heartbeats = createHeartbeats({ stage: stage.name, payload, limits, log, signals })
    try {
      await lanes.run(batch.partition, async () => {
        if (payload.isStale()) return
        if (!(await beginsWhereItMust(batch as FetchedBatch))) return
        for (const slice of sliceBatch(rawBatchOf(batch, keyOf.get(batch.topic)!), limits.batchRecordsMax)) {
          if (!isOurs() || ending !== null) return
          const outcome = await run(slice, outputs.session())
          if (!isOurs()) {
            signals.count('batches_abandoned', { stage: stage.name })
            return
          }
          if (!act(outcome, payload)) return
        }
        const lag = Number(batch.highWatermark) - Number(batch.lastOffset()) - 1
        signals.gauge('partition_lagged_records', lag, {
          stage: stage.name,
          topic: batch.topic,
          partition: String(batch.partition),
        })
      })
    } catch (error) {
      fail(error)
    } finally {
      heartbeats.stop()
    }
  }

  /** @returns whether the next slice may follow */
  function act(
    outcome: RunOutcome,
    { batch, resolveOffset, commitOffsetsIfNecessary }: EachBatchPayload,
  ): boolean {
    const { topic, partition } = batch
    if (outcome.kind === 'done') {
      resolveOffset(String(outcome.nextOffset - 1))
      positions.set(`${topic}/${partition}`, outcome.nextOffset)
      commits.note(topic, partition, outcome.commit, commitOffsetsIfNecessary)
      return true
    }
    if (outcome.kind === 'retry') {
      if (outcome.commit !== null) commits.note(topic, partition, outcome.commit, commitOffsetsIfNecessary)
      pauseFor(topic, partition, outcome.delayMs)
    } else {
      signals.count('batches_sought', { stage: stage.name })
    }
    whileJoined(() => seek(topic, partition, outcome.offset))
    return false
  }

  function seek(topic: string, partition: number, offset: number): void {
    consumer.seek({ topic, partition, offset: String(offset) })
    positions.set(`${topic}/${partition}`, offset)
  }

  /**
   * kafkajs meets an offset that the broker does not have by going on at the first one there is, without a word.
   *
   * @throws OperatorError `offset_beyond_end` when the topic was made anew under us
   */
  async function beginsWhereItMust({ topic, partition, fetchedOffset }: FetchedBatch): Promise<boolean> {
    const first = Number(fetchedOffset)
    const wanted = positions.get(`${topic}/${partition}`) ?? first
    if (first > wanted) tellLostRecords({ stage: stage.name, topic, partition, wanted, first }, parts)
    if (first >= wanted) return true
    const found = (await admin.fetchTopicOffsets(topic)).find((entry) => entry.partition === partition)
    const end = Number(found?.high ?? 0)
    if (end < wanted) throw offsetBeyondEnd(stage.name, topic, partition, wanted, end)
    whileJoined(() => seek(topic, partition, wanted))
    return false
  }

  function pauseFor(topic: string, partition: number, delayMs: number): void {
    if (ending !== null) return
    whileJoined(() => consumer.pause([{ topic, partitions: [partition] }]))
    const timer = setTimeout(() => {
      retryTimers.delete(timer)
      if (ending === null) whileJoined(() => consumer.resume([{ topic, partitions: [partition] }]))
    }, delayMs)
    retryTimers.add(timer)
  }

  /** Between a crash of the consumer and its restart there is nothing to pause or seek; the next join begins anew. */
  function whileJoined(act: () => void): void {
    try {
      act()
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith('Consumer group was not initialized')))
        throw error
      log.debug({ stage: stage.name }, 'consumer is between a crash and its restart')
    }
  }

  function mayRestart(): boolean {
    const silentMs = parts.clock.nowMs() - fetchedAtMs
    return ending === null && silentMs < limits.brokerOutageSecondsMax * 1_000
  }

  function crashed({ payload: { error, restart } }: ConsumerCrashEvent): void {
    if (ending !== null) return
    if (!restart) return fail(classifyKafkaError(error, brokers))
    generation += 1
    signals.count('consumers_restarted', { stage: stage.name })
    log.warn({ stage: stage.name, error: error.message }, 'consumer restarts after an outage')
  }

  /** The stage is over: `done` rejects once the group has been left. */
  function fail(error: unknown): void {
    if (ending !== null) return
    log.error({ stage: stage.name, error }, 'stage stopped by an error')
    end((failure) => {
      ready.reject(failure)
      done.reject(failure)
    }, error)
  }

  function end(settle: (error: unknown) => void, error?: unknown): void {
    ending = leave().then(
      () => settle(error),
      (late: unknown) => settle(error ?? late),
    )
  }

  async function leave(): Promise<void> {
    for (const timer of retryTimers) clearTimeout(timer)
    await lanes.idle()
    await commits.flush()
    await consumer.disconnect()
    await opening
    await closeOwned()
    await outputs.close()
  }

  try {
    await consumer.connect()
    // Where to begin is ours to say; kafkajs uses this when retention has passed us: never to the end.
    await consumer.subscribe({ topics: [...keyOf.keys()], fromBeginning: true })
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: limits.partitionsAtOnceMax,
      eachBatch,
    })
  } catch (error) {
    fail(classifyKafkaError(error, brokers))
  }

  return {
    ready: ready.promise,
    done: done.promise,
    async stop() {
      if (ending === null) {
        end((error) => {
          if (error === undefined) done.resolve()
          else done.reject(error)
        })
      }
      await ending
    },
  }
}
