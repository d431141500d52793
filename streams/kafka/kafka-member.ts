import { randomUUID } from 'node:crypto'
import type {
  Admin,
  ConsumerCrashEvent,
  ConsumerEndBatchProcessEvent,
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
import { workThrough } from './kafka-fetched.ts'
import { createHeartbeats } from './kafka-heartbeats.ts'
import type { KafkaOutputs } from './kafka-outputs.ts'
import { createPauses } from './kafka-pauses.ts'
import { createPositions, type FetchedBatch } from './kafka-positions.ts'
import { createRejoin } from './kafka-rejoin.ts'
import { startOffsets } from './kafka-start-offsets.ts'
import { type CrashWatch, type CrashWatchEnd, endOf, watchPartition } from '../crash-watch.ts'
import { createPartitionLanes } from '../partition-lanes.ts'
import { createStageRunner, type RunOutcome, type StageRunnerParts } from '../stage-runner.ts'
import type { RunningStage, Stage } from '../stage.ts'

export interface KafkaMemberParts extends StageRunnerParts {
  kafka: Kafka
  admin: Admin
  brokers: readonly string[]
  config: StreamsConfig
  outputs: KafkaOutputs
}

/**
 * One consumer group member for one stage. The group is divided by `coPartitionAssigner`; every division is a new
 * generation: partitions stay paused until the stage has closed what it had and opened what it got. A batch that is
 * still at work when its generation ends neither commits nor seeks (kafkajs alone would let it).
 */
export async function joinGroup<K extends TopicKey>(
  stage: Stage<K>,
  parts: KafkaMemberParts,
): Promise<RunningStage> {
  const { kafka, brokers, config, outputs, log, signals, limits, topicName } = parts
  const groupId = `${config.prefix}.${stage.name}`
  const keyOf = new Map(stage.sources.map((topic) => [topicName(topic), topic]))
  const run = createStageRunner(stage, parts)
  const commits = createCommits({ stage: stage.name, intervalMs: limits.commitIntervalMs, log, signals })
  const lanes = createPartitionLanes()
  const watches = new Map<string, CrashWatch<K>>()
  const by = randomUUID().slice(0, 8)
  const [ready, done] = [deferred(), deferred()]
  let generation = 0
  let owned: number[] = []
  let opening: Promise<void> = Promise.resolve()
  let ending: Promise<void> | null = null
  const rejoin = createRejoin()
  let fetchedAtMs = parts.clock.nowMs()
  const positions = createPositions(stage.name, parts)
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
  const pauses = createPauses({ stage: stage.name, consumer, log, signals })
  const { whileJoined } = pauses
  consumer.on('consumer.group_join', joined)
  consumer.on('consumer.rebalancing', () => void closeMarkers('in_order'))
  consumer.on('consumer.fetch', () => (fetchedAtMs = parts.clock.nowMs()))
  consumer.on('consumer.end_batch_process', passedOver)
  consumer.on('consumer.crash', crashed)

  /** kafkajs passes over what holds control records only, without a word to eachBatch. */
  function passedOver({
    payload: { topic, partition, batchSize, lastOffset },
  }: ConsumerEndBatchProcessEvent): void {
    if (batchSize === 0) positions.moved(topic, partition, Number(lastOffset) + 1)
  }

  /** Runs in the same turn as the assignment: nothing is fetched before the partitions are paused. */
  function joined({ payload }: ConsumerGroupJoinEvent): void {
    rejoin.joined()
    if (ending !== null) return
    generation += 1
    const joinedGeneration = generation
    const partitions = [...new Set(Object.values(payload.memberAssignment).flat())].sort((a, b) => a - b)
    commits.clear()
    pauses.clear()
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
      for (const { topicName: topic, partition, offset, aheadOfGroup, commit, metadata } of points) {
        const watch = watchPartition<K>({ metadata, position: offset, commit, by }, limits)
        watches.set(`${topic}/${partition}`, watch)
        seek(topic, partition, offset)
        // A partition that rests brings no batch to be committed with: its lag would stay for ever.
        if (aheadOfGroup) commits.note({ topic, partition, offset, metadata: watch.marker() }, commitOffsets)
      }
      consumer.resume([...keyOf.keys()].map((topic) => ({ topic, partitions })))
      ready.resolve()
    })
  }

  const commitOffsets: CommitOffsets = ({ topics }) =>
    consumer.commitOffsets(
      topics.flatMap(({ topic, partitions }) => partitions.map((entry) => ({ topic, ...entry }))),
    )

  /** Takes back what the commits say of open partitions, but for what the stage died of. */
  function closeMarkers(end: CrashWatchEnd): Promise<boolean> {
    for (const [place, watch] of watches) {
      const metadata = watch.closing(end)
      if (metadata === null) continue
      const [topic, partition] = place.split('/') as [string, string]
      const offset = watch.commitOffset()
      commits.note({ topic, partition: Number(partition), offset, metadata }, commitOffsets)
    }
    return commits.flush()
  }

  async function closeOwned(): Promise<void> {
    const partitions = owned
    owned = []
    watches.clear()
    for (const partition of partitions)
      for (const topic of stage.sources) await stage.closed?.(topic, partition)
  }

  async function eachBatch(payload: EachBatchPayload): Promise<void> {
    const { batch, commitOffsetsIfNecessary } = payload
    const { topic, partition } = batch
    const read = generation
    const isOurs = () => read === generation && !heartbeats.lost()
    const heartbeats = createHeartbeats({ stage: stage.name, payload, limits, log, signals })
    try {
      await lanes.run(partition, async () => {
        const watch = watches.get(`${topic}/${partition}`)
        if (payload.isStale() || !isOurs() || watch === undefined) return
        const must = await positions.mustBeginAt(batch as FetchedBatch)
        if (must !== null) return seek(topic, partition, must)
        const note = (offset: number, metadata = watch.marker()) =>
          commits.note({ topic, partition, offset, metadata }, commitOffsetsIfNecessary)
        const end = await workThrough(rawBatchOf(batch, keyOf.get(topic)!), {
          watch,
          isOurs,
          note,
          run: (slice) => run(slice, outputs.session()),
          mayGoOn: () => ending === null,
          commitNow(marker) {
            note(watch.commitOffset(), marker)
            return commits.flush()
          },
          abandoned: () => signals.count('batches_abandoned', { stage: stage.name }),
          act: (outcome) => act(outcome, payload, note),
          tryAgain(offset) {
            pauses.pause(topic, partition, limits.retryDelayMs)
            seek(topic, partition, offset)
          },
        })
        if (end === 'left') return
        const lag = Number(batch.highWatermark) - Number(batch.lastOffset()) - 1
        signals.gauge('partition_lagged_records', lag, {
          stage: stage.name,
          topic,
          partition: String(partition),
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
    { batch: { topic, partition }, resolveOffset }: EachBatchPayload,
    note: (offset: number) => void,
  ): boolean {
    if (outcome.kind === 'done') {
      resolveOffset(String(outcome.nextOffset - 1))
      positions.moved(topic, partition, outcome.nextOffset)
      note(outcome.commit)
      return true
    }
    if (outcome.kind === 'retry') {
      if (outcome.commit !== null) note(outcome.commit)
      pauses.pause(topic, partition, outcome.delayMs)
    } else {
      signals.count('batches_sought', { stage: stage.name })
    }
    seek(topic, partition, outcome.offset)
    return false
  }

  function seek(topic: string, partition: number, offset: number): void {
    whileJoined(() => {
      consumer.seek({ topic, partition, offset: String(offset) })
      positions.moved(topic, partition, offset)
    })
  }

  function mayRestart(): boolean {
    const silentMs = parts.clock.nowMs() - fetchedAtMs
    return ending === null && silentMs < limits.brokerOutageSecondsMax * 1_000
  }

  function crashed({ payload: { error, restart } }: ConsumerCrashEvent): void {
    rejoin.crashed(restart)
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
    end(
      (failure) => {
        ready.reject(failure)
        done.reject(failure)
      },
      endOf(error),
      error,
    )
  }

  function end(settle: (error: unknown) => void, how: CrashWatchEnd, error?: unknown): void {
    ending = leave(how).then(
      () => settle(error),
      (late: unknown) => settle(error ?? late),
    )
  }

  async function leave(how: CrashWatchEnd): Promise<void> {
    pauses.clear()
    await lanes.idle()
    await closeMarkers(how)
    await rejoin.settled()
    await consumer.disconnect()
    commits.clear() // what was refused last would be tried again, and connect again for it
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
        }, 'in_order')
      }
      await ending
    },
  }
}
