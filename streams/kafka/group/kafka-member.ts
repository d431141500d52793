import type { Admin, ConsumerCrashEvent, ConsumerGroupJoinEvent, Kafka } from 'kafkajs'
import { groupOf, type TopicKey } from '#schemas'
import type { StreamsConfig } from '../../config.ts'
import { deferred } from '../../deferred.ts'
import { type FetchedPayload, rawBatchOf } from '../wire/kafka-batch.ts'
import { createCommits } from './kafka-commits.ts'
import { createConsumer, withinMs } from './kafka-consumer.ts'
import { classifyKafkaError } from '../kafka-errors.ts'
import { workThrough } from './kafka-fetched.ts'
import { createHeartbeats } from './kafka-heartbeats.ts'
import { gaugeLag } from './kafka-lag-gauges.ts'
import { createMarkers } from './kafka-markers.ts'
import type { KafkaOutputs } from '../kafka-outputs.ts'
import { createPauses } from './kafka-pauses.ts'
import { createPositions } from './kafka-positions.ts'
import { createRejoin } from './kafka-rejoin.ts'
import { startOffsets } from './kafka-start-offsets.ts'
import { type CrashWatchEnd, endOf } from '../../crash-watch.ts'
import { ConsumerSilentError, StageStuckError } from '../../errors.ts'
import { createWatchdog } from './kafka-watchdog.ts'
import { createPartitionLanes } from '../../partition-lanes.ts'
import type { ProgressVerdict } from '../../progress.ts'
import { createStageRunner, type RunOutcome, type StageRunnerParts } from '../../stage-runner.ts'
import type { RunningStage, Stage } from '../../stage.ts'
import { LOG_EVENTS } from '../../signals.ts'

export interface KafkaMemberParts extends StageRunnerParts {
  kafka: Kafka
  admin: Admin
  brokers: readonly string[]
  config: StreamsConfig
  outputs: KafkaOutputs
}

export interface KafkaMember extends RunningStage {
  /** It has finished something. */
  hasMoved(): boolean
}

/**
 * One consumer group member for one stage. The group is divided by `coPartitionAssigner`; every division is a new
 * generation: partitions stay paused until the stage has closed what it had and opened what it got. A batch that is
 * still at work when its generation ends neither commits nor seeks (kafkajs alone would let it).
 */
export async function joinGroup<K extends TopicKey>(
  stage: Stage<K>,
  parts: KafkaMemberParts,
): Promise<KafkaMember> {
  const { kafka, brokers, config, outputs, log, signals, limits, topicName } = parts
  const groupId = groupOf(config.prefix, stage.name)
  const keyOf = new Map(stage.sources.map((topic) => [topicName(topic), topic]))
  const run = createStageRunner(stage, parts)
  const commits = createCommits({ stage: stage.name, intervalMs: limits.commitIntervalMs, log, signals })
  const lanes = createPartitionLanes()
  const [ready, done] = [deferred(), deferred()]
  let generation = 0
  let [owned, opened]: [number[], [topic: K, partition: number][]] = [[], []]
  let opening: Promise<void> = Promise.resolve()
  let ending: Promise<void> | null = null
  const rejoin = createRejoin()
  let fetchedAtMs = parts.clock.nowMs()
  const positions = createPositions(stage.name, parts)
  const heartbeats = createHeartbeats({ stage: stage.name, limits, log })
  let hasMoved = false
  let isStalled = false
  const watchdog = createWatchdog({
    ...parts,
    stage: stage.name,
    secondsMax: limits.stageProgressSecondsMax,
    topics: [...keyOf.keys()],
    positionOf: (topic, partition) => (owned.includes(partition) ? positions.at(topic, partition) : null),
    stalled,
  })

  const consumer = createConsumer({ kafka, groupId, limits, mayRestart })
  const markers = createMarkers<K>(limits, commits, consumer)
  const pauses = createPauses({ stage: stage.name, consumer, log, signals })
  const { whileJoined } = pauses
  consumer.on('consumer.group_join', joined)
  consumer.on('consumer.rebalancing', () => void markers.close('in_order'))
  consumer.on('consumer.fetch', ({ payload: { nodeId } }) => {
    fetchedAtMs = parts.clock.nowMs()
    watchdog.fetched(nodeId)
  })
  consumer.on('consumer.end_batch_process', ({ payload }) => positions.passedOver(payload))
  consumer.on('consumer.crash', crashed)

  /** Runs in the same turn as the assignment: nothing is fetched before the partitions are paused. */
  function joined({ payload }: ConsumerGroupJoinEvent): void {
    rejoin.joined()
    heartbeats.joined()
    if (ending !== null) return
    generation += 1
    const joinedGeneration = generation
    const partitions = [...new Set(Object.values(payload.memberAssignment).flat())].sort((a, b) => a - b)
    commits.clear()
    pauses.clear()
    watchdog.joined()
    whileJoined(() => consumer.pause([...keyOf.keys()].map((topic) => ({ topic, partitions }))))
    signals.count('partitions_assigned', { stage: stage.name }, partitions.length)
    log.info({ stage: stage.name, generation, partitions }, LOG_EVENTS.partitionsAssigned)
    opening = opening
      .then(() => open(joinedGeneration, partitions))
      .catch(fail)
      .finally(() => watchdog.opening('over'))
  }

  async function open(joinedGeneration: number, partitions: number[]): Promise<void> {
    await lanes.idle()
    watchdog.opening('begun')
    await closeOwned()
    const isCurrent = () => joinedGeneration === generation && ending === null
    if (!isCurrent()) return
    owned = partitions
    const begun = (topic: K, partition: number) => void opened.push([topic, partition])
    const points = await startOffsets(stage, partitions, { ...parts, groupId, isCurrent, opening: begun })
    if (!isCurrent()) return
    whileJoined(() => {
      for (const point of points) {
        seek(point.topicName, point.partition, point.offset)
        markers.open(point)
      }
      consumer.resume([...keyOf.keys()].map((topic) => ({ topic, partitions })))
      ready.resolve()
    })
  }

  async function closeOwned(): Promise<void> {
    const closing = opened
    ;[owned, opened] = [[], []]
    markers.forget()
    for (const [topic, partition] of closing) await stage.closed?.(topic, partition)
  }

  async function eachBatch(payload: FetchedPayload): Promise<void> {
    const { batch, commitOffsetsIfNecessary } = payload
    const { topic, partition } = batch
    const read = generation
    const isOurs = () => read === generation && !heartbeats.lost()
    heartbeats.begin(payload.heartbeat)
    try {
      await lanes.run(partition, async () => {
        const watch = markers.of(topic, partition)
        if (payload.isStale() || !isOurs() || watch === undefined) return
        const must = await positions.mustBeginAt(batch)
        if (must !== null) return seek(topic, partition, must)
        const note = (offset: number, metadata = watch.marker()) =>
          commits.note({ topic, partition, offset, metadata }, commitOffsetsIfNecessary)
        const fetched = rawBatchOf(batch, keyOf.get(topic)!)
        const end = await workThrough(fetched, {
          watch,
          isOurs,
          note,
          run(slice) {
            watchdog.handed(topic, partition)
            return run(slice, outputs.session())
          },
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
        if (end === 'done') gaugeLag(stage.name, topic, fetched, parts)
      })
    } catch (error) {
      fail(error)
    } finally {
      watchdog.takenBack(topic, partition)
      heartbeats.end()
    }
  }

  /** @returns whether the next slice may follow */
  function act(
    outcome: RunOutcome,
    { batch: { topic, partition }, resolveOffset }: FetchedPayload,
    note: (offset: number) => void,
  ): boolean {
    if (outcome.kind === 'done') {
      hasMoved = true
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
    log.warn({ stage: stage.name, error: error.message }, LOG_EVENTS.consumerRestarted)
  }

  function stalled({ kind, what, seconds }: Exclude<ProgressVerdict, { kind: 'moves' }>): void {
    if (ending !== null) return
    signals.count('stages_stalled', { stage: stage.name })
    const StalledError = kind === 'stuck' ? StageStuckError : ConsumerSilentError
    const error = new StalledError(stage.name, what, seconds)
    // What does not come back can neither commit nor seek, and does not keep our place in the group.
    generation += 1
    heartbeats.stop()
    isStalled = true
    fail(error)
  }

  /** The stage is over: `done` rejects once the group has been left. */
  function fail(error: unknown): void {
    if (ending !== null) return
    log.error({ stage: stage.name, error }, LOG_EVENTS.stageStopped)
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
    watchdog.stop()
    const wait = <T>(work: Promise<T>) => (isStalled ? withinMs(limits.leaveSecondsMax * 1_000, work) : work)
    if (!isStalled) await lanes.idle()
    pauses.clear()
    await wait(markers.close(how))
    await wait(rejoin.settled())
    await wait(consumer.disconnect())
    heartbeats.stop()
    commits.clear() // what was refused last would be tried again, and connect again for it
    await wait(opening)
    await closeOwned()
  }

  try {
    await consumer.connect()
    // Where to begin is ours to say; kafkajs uses this when retention has passed us: never to the end.
    await consumer.subscribe({ topics: [...keyOf.keys()], fromBeginning: true })
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: limits.partitionsAtOnceMax,
      eachBatch: (payload) => eachBatch(payload as unknown as FetchedPayload),
    })
  } catch (error) {
    fail(classifyKafkaError(error, brokers))
  }

  return {
    ready: ready.promise,
    done: done.promise,
    hasMoved: () => hasMoved,
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
