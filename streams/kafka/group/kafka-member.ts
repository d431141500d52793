import type { Admin, Kafka } from 'kafkajs'
import { groupOf, type TopicKey } from '#schemas'
import type { StreamsConfig } from '../../config.ts'
import { createPartitionLanes } from '../../partition-lanes.ts'
import { createStageRunner, type StageRunnerParts } from '../../stage-runner.ts'
import type { RunningStage, Stage } from '../../stage.ts'
import type { TopicIdentity } from '../../topic-identity.ts'
import { classifyKafkaError } from '../kafka-errors.ts'
import type { KafkaOutputs } from '../kafka-outputs.ts'
import type { FetchedPayload } from '../wire/kafka-batch.ts'
import { createBatchWork } from './kafka-batch-work.ts'
import { createCommits } from './kafka-commits.ts'
import { createConsumer } from './kafka-consumer.ts'
import { createGenerations } from './kafka-generations.ts'
import { createHeartbeats } from './kafka-heartbeats.ts'
import { leaveGroup } from './kafka-leave.ts'
import { createMarkers } from './kafka-markers.ts'
import { createMemberEnd } from './kafka-member-end.ts'
import { createOutages } from './kafka-outages.ts'
import { createPauses } from './kafka-pauses.ts'
import { createPositions } from './kafka-positions.ts'
import { createRejoin } from './kafka-rejoin.ts'
import { createWatchdog } from './kafka-watchdog.ts'

export interface KafkaMemberParts extends StageRunnerParts {
  kafka: Kafka
  admin: Admin
  brokers: readonly string[]
  config: StreamsConfig
  outputs: KafkaOutputs
  topicIdentity(topic: TopicKey): Promise<TopicIdentity | null>
}

export interface KafkaMember extends RunningStage {
  /** It has finished something. */
  hasMoved(): boolean
}

/**
 * One consumer group member for one stage. The group is divided by `coPartitionAssigner`; every division is a new
 * generation (kafka-generations.ts), in which batches are worked on (kafka-batch-work.ts) until the member rides out an
 * outage (kafka-outages.ts), fails or is stopped (kafka-member-end.ts, kafka-leave.ts).
 */
export async function joinGroup<K extends TopicKey>(
  stage: Stage<K>,
  parts: KafkaMemberParts,
): Promise<KafkaMember> {
  const { brokers, limits } = parts
  const member = assemble(stage, parts)
  const { consumer, topics, work, end } = member
  listen(member)
  try {
    await consumer.connect()
    // Where to begin is ours to say; kafkajs uses this when retention has passed us: never to the end.
    await consumer.subscribe({ topics, fromBeginning: true })
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: limits.partitionsAtOnceMax,
      eachBatch: (payload) => work.eachBatch(payload as unknown as FetchedPayload),
    })
  } catch (error) {
    end.fail(classifyKafkaError(error, brokers))
  }
  return { ready: end.ready, done: end.done, stop: () => end.stop(), hasMoved: () => work.hasMoved() }
}

/** The parts of a member; each knows of the others only what it names. */
function assemble<K extends TopicKey>(stage: Stage<K>, parts: KafkaMemberParts) {
  const { kafka, config, log, signals, limits, topicName } = parts
  const name = stage.name
  const groupId = groupOf(config.prefix, name)
  const sources = new Map(stage.sources.map((topic) => [topicName(topic), topic]))
  const topics = [...sources.keys()]
  const own = { ...parts, stage: name }
  const end = createMemberEnd({ stage: name, log, leave: (how) => leaveGroup(member, how) })
  const commits = createCommits({ stage: name, intervalMs: limits.commitIntervalMs, log, signals })
  const heartbeats = createHeartbeats({ stage: name, limits, log })
  const lanes = createPartitionLanes()
  const rejoin = createRejoin()
  const positions = createPositions(name, parts)
  const outages = createOutages({ ...own, heartbeats, rejoin, end, generationOver: () => generations.over() })
  const watchdog = createWatchdog({
    ...own,
    secondsMax: limits.stageProgressSecondsMax,
    topics,
    positionOf: (topic, partition) => (generations.owns(partition) ? positions.at(topic, partition) : null),
    stalled: outages.stalled,
  })
  const consumer = createConsumer({ kafka, groupId, limits, mayRestart: outages.mayRestart })
  const markers = createMarkers<K>(limits, commits, consumer)
  const pauses = createPauses({ stage: name, consumer, log, signals })
  const shared = { commits, end, lanes, markers, pauses, watchdog, seek }
  const generations = createGenerations<K>({ ...parts, ...shared, stage, groupId, consumer })
  const run = createStageRunner(stage, parts)
  const work = createBatchWork<K>({ ...own, ...shared, sources, run, generations, heartbeats, positions })
  const member = {
    ...shared,
    limits,
    topics,
    consumer,
    generations,
    heartbeats,
    outages,
    positions,
    rejoin,
    work,
  }
  return member

  function seek(topic: string, partition: number, offset: number): void {
    pauses.whileJoined(() => {
      consumer.seek({ topic, partition, offset: String(offset) })
      positions.moved(topic, partition, offset)
    })
  }
}

function listen<K extends TopicKey>(member: ReturnType<typeof assemble<K>>): void {
  const { consumer, end, generations, heartbeats, markers, outages, rejoin, watchdog } = member
  consumer.on('consumer.group_join', (event) => {
    rejoin.joined()
    heartbeats.joined()
    if (!end.isEnding()) generations.joined(event)
  })
  consumer.on('consumer.rebalancing', () => void markers.close('in_order'))
  consumer.on('consumer.fetch', ({ payload: { nodeId } }) => {
    outages.fetched()
    watchdog.fetched(nodeId)
  })
  consumer.on('consumer.crash', outages.crashed)
}
