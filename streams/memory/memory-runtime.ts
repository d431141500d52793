import { createCodec, createMemoryRegistry, topicCatalogue, type TopicKey } from '#schemas'
import { streamsConfigSchema } from '../config.ts'
import { silentLogger } from '../log.ts'
import { createAccumulator, type OutboundRecord } from '../outputs.ts'
import { partitionOf } from '../partitioner.ts'
import { silentSignals } from '../signal-registry.ts'
import { createRandom, type Random } from '../simulator/random.ts'
import { createMemoryClock } from './memory-clock.ts'
import type { MemoryRuntime, MemoryRuntimeOptions } from './memory-contract.ts'
import { createMemoryFollowers } from './memory-follower.ts'
import type { Member } from './memory-group.ts'
import { createMemoryGroups, type MemoryGroups } from './memory-groups.ts'
import { createMemoryLog, type MemoryLog } from './memory-log.ts'
import { forgetRead } from './memory-retention.ts'
import { createMemoryScheduler } from './memory-scheduler.ts'
import { createMemoryTraffic } from './memory-traffic.ts'

export type { MemoryRuntime, MemoryRuntimeOptions } from './memory-contract.ts'

/** What may come between a stage and the log. In a runtime of its own nothing does. */
export interface Interference {
  /** Which of these records get to the log; `error`: what the writer hears afterwards. */
  written(
    records: readonly OutboundRecord[],
    member: Member | null,
  ): { records: readonly OutboundRecord[]; error: unknown }
  /** Throws to kill the member. */
  beforeCommit(member: Member): void
}

/** A runtime, and what it is made of. */
export interface MemoryRuntimeParts {
  runtime: MemoryRuntime
  broker: MemoryLog
  groups: MemoryGroups
}

const UNDISTURBED: Interference = {
  written: (records) => ({ records, error: null }),
  beforeCommit: () => undefined,
}

export async function createMemoryRuntime(options: MemoryRuntimeOptions): Promise<MemoryRuntime> {
  const { runtime } = await assembleMemoryRuntime(options, () => UNDISTURBED)
  return runtime
}

export async function assembleMemoryRuntime(
  options: MemoryRuntimeOptions,
  interferenceOf: (random: Random) => Interference,
): Promise<MemoryRuntimeParts> {
  const { seed, stepMs = 1, log = silentLogger, signals = silentSignals } = options
  const config = options.config ?? streamsConfigSchema.parse({})
  const { prefix, kafka, limits } = config
  const catalogue = topicCatalogue({ prefix, partitions: kafka.partitions, replicationFactor: 1 })
  const topicName = (topic: TopicKey): string => catalogue[topic].name
  const partitionCount = (topic: TopicKey) => catalogue[topic].partitions
  const codec = options.codec ?? (await createCodec(createMemoryRegistry(), catalogue))
  const random = createRandom(`topology/${seed}`)
  const interference = interferenceOf(random)
  const clock = createMemoryClock(options.startMs ?? 1_700_000_000_000)
  const specs = Object.values(catalogue)
  const compacted = new Set(
    specs.flatMap(({ name, config: { 'cleanup.policy': policy } }) => (policy === 'compact' ? [name] : [])),
  )
  const broker = createMemoryLog(
    specs.map(({ name, partitions }) => [name, partitions]),
    { bounds: options.bounds ?? {}, ...(options.retained === 'unread' ? { makeRoom } : {}) },
  )
  const runnerParts = { codec, clock, log, signals, limits, topicName }
  const groups = createMemoryGroups({
    ...runnerParts,
    broker,
    partitionCount,
    outputsOf: accumulator,
    beforeCommit: interference.beforeCommit,
  })
  const followers = createMemoryFollowers({ log: broker, codec, logger: log, signals, topicName })

  function makeRoom(topic: string): void {
    const isCompacted = (name: string) => compacted.has(name)
    const firstUnread = (name: string, partition: number) => {
      const unread = [groups.firstUnread(name, partition), followers.firstUnread(name, partition)]
      const known = unread.filter((offset) => offset !== null)
      return known.length === 0 ? null : Math.min(...known)
    }
    forgetRead(broker, topic, { isCompacted, firstUnread })
  }

  function accumulator(name: string, member?: () => Member) {
    const deliver = async (given: OutboundRecord[]) => {
      const { records, error } = interference.written(given, member?.() ?? null)
      for (const { topic, partition, key, value } of records)
        broker.append(topicName(topic), partition, { key, value, brokerTimeMs: clock.nowMs() })
      if (error !== null) throw error
    }
    return createAccumulator({ ...runnerParts, name, partitionCount, deliver })
  }

  const own = { config, codec, clock, log, signals, topicName, partitionCount }
  const traffic = createMemoryTraffic({ ...own, broker, random })
  const scheduler = createMemoryScheduler({ groups, followers, clock, random, stepMs })
  const runtime: MemoryRuntime = {
    ...own,
    ...traffic,
    ...scheduler,
    partitionOf: (topic, key) => partitionOf(key, partitionCount(topic)),
    topicIdentity: () => Promise.resolve(null),
    runStage: (stage) => groups.run(stage),
    follow: (follower) => groups.alone(() => followers.add(follower)),
    outputs(name) {
      const shared = accumulator(name)
      return Promise.resolve({ ...shared.session(), close: () => shared.settled() })
    },
    advance: (ms) => clock.advance(ms),
    committed: (stage, topic) => groups.committed(stage, topic),
    runs: (stage) => groups.first(stage) !== undefined,
  }
  return { runtime, broker, groups }
}
