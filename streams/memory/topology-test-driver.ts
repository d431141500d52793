import { createCodec, createMemoryRegistry, topicCatalogue, type TopicKey } from '#schemas'
import { streamsConfigSchema } from '../config.ts'
import { endOf } from '../crash-watch.ts'
import { StageKilledError } from '../errors.ts'
import { silentLogger } from '../log.ts'
import { createAccumulator, type OutboundRecord } from '../outputs.ts'
import { partitionOf } from '../partitioner.ts'
import { nextTurn } from '../process-next-turn.ts'
import { createRandom } from '../simulator/random.ts'
import { sourcesCoPartitioned } from '../co-partition.ts'
import { createStageRunner, type StageRunner } from '../stage-runner.ts'
import type { Stage } from '../stage.ts'
import { silentSignals } from '../signal-registry.ts'
import type { TopologyTestDriver, TopologyTestDriverOptions } from './driver-contract.ts'
import { createMemoryFollowers } from './memory-follower.ts'
import {
  closeMarkers,
  closeOwned,
  createGroup,
  createMember,
  divide,
  type Member,
  type MemoryGroup,
  place,
  workOn,
} from './memory-group.ts'
import { createMemoryLog } from './memory-log.ts'

export type { TopologyTestDriver, TopologyTestDriverOptions } from './driver-contract.ts'

const STEPS_MAX = 5_000_000

export async function createTopologyTestDriver(
  options: TopologyTestDriverOptions,
): Promise<TopologyTestDriver> {
  const { seed, stepMs = 1, log = silentLogger, signals = silentSignals } = options
  const config = options.config ?? streamsConfigSchema.parse({})
  const { limits } = config
  const catalogue = topicCatalogue({
    prefix: config.prefix,
    partitions: config.kafka.partitions,
    replicationFactor: 1,
  })
  const topicName = (topic: TopicKey): string => catalogue[topic].name
  const codec = options.codec ?? (await createCodec(createMemoryRegistry(), catalogue))
  const random = createRandom(`topology/${seed}`)
  const broker = createMemoryLog(Object.values(catalogue).map(({ name, partitions }) => [name, partitions]))
  const groups = new Map<string, MemoryGroup>()
  const followers = createMemoryFollowers({ log: broker, codec, logger: log, signals, topicName })
  let nowMs = options.startMs ?? 1_700_000_000_000
  let duplicateShare = 0
  let memberCount = 0
  let exclusive: Promise<unknown> = Promise.resolve()

  const clock = { nowMs: () => nowMs }
  const partitionCount = (topic: TopicKey) => catalogue[topic].partitions
  const runnerParts = { codec, clock, log, signals, limits, topicName }

  /** Steps, starts and stops follow one another: no two of them see the groups half changed. */
  function alone<T>(work: () => Promise<T>): Promise<T> {
    const result = exclusive.then(work, work)
    exclusive = result.catch(() => undefined)
    return result
  }

  function write(records: readonly OutboundRecord[]): void {
    for (const { topic, partition, key, value } of records) {
      const copies = duplicateShare > 0 && random.chance(duplicateShare) ? 2 : 1
      for (let copy = 0; copy < copies; copy++)
        broker.append(topicName(topic), partition, { key, value, brokerTimeMs: nowMs })
    }
  }

  function accumulator(name: string, member?: () => Member) {
    return createAccumulator({
      ...runnerParts,
      name,
      partitionCount,
      deliver(records) {
        const dying = member?.().crashAt === 'flush'
        write(dying ? records.slice(0, random.int(records.length + 1)) : records)
        return dying
          ? Promise.reject(new StageKilledError('killed while its outputs were on their way'))
          : Promise.resolve()
      },
    })
  }

  async function redivide(group: MemoryGroup): Promise<void> {
    const failed = await divide(group, broker, topicName, partitionCount, limits)
    if (failed !== null) await kill(failed.member, failed.error)
  }

  async function remove(member: Member): Promise<void> {
    const group = groups.get(member.stage.name)!
    group.members.splice(group.members.indexOf(member), 1)
    await redivide(group)
  }

  /** As on Kafka: a stage that fails closes its markers, a process that is killed does not. */
  async function kill(member: Member, error: unknown): Promise<void> {
    if (!(error instanceof StageKilledError))
      closeMarkers(member, groups.get(member.stage.name)!, endOf(error))
    member.owned = []
    member.ready.reject(error)
    member.done.reject(error)
    await remove(member)
  }

  function batches() {
    const found: {
      member: Member
      topic: TopicKey
      partition: number
      available: number
      notBeforeMs: number
      parkedAt: string | null
    }[] = []
    for (const { members } of groups.values()) {
      for (const member of members) {
        for (const partition of member.owned) {
          for (const topic of member.stage.sources) {
            const at = place(topicName(topic), partition)
            const available = broker.available(topicName(topic), partition, member.positions.get(at)!)
            if (available > 0)
              found.push({
                member,
                topic,
                partition,
                available,
                notBeforeMs: member.notBeforeMs.get(at) ?? 0,
                parkedAt: member.parked.has(at) ? `${member.id}/${at}/${member.parked.get(at)}` : null,
              })
          }
        }
      }
    }
    return found
  }

  async function step(): Promise<boolean> {
    const worked = await alone(async () => {
      const readable = batches().filter(({ notBeforeMs }) => notBeforeMs <= nowMs)
      const followable = followers.behind()
      const choices = readable.length + followable.length
      if (choices === 0) return false
      nowMs += stepMs
      const choice = random.int(choices)
      if (choice >= readable.length) await followable[choice - readable.length]!(random.int)
      else await runBatch(readable[choice]!)
      return true
    })
    await nextTurn()
    return worked
  }

  async function runBatch({
    member,
    topic,
    partition,
    available,
  }: ReturnType<typeof batches>[number]): Promise<void> {
    const name = topicName(topic)
    const at = place(name, partition)
    const recordsMax = 1 + random.int(Math.min(available, limits.batchRecordsMax))
    const read = broker.read(name, partition, member.positions.get(at)!, recordsMax)
    const fetched = { topic, partition, ...read, endOffset: broker.endOffset(name, partition) }
    try {
      await workOn(member, groups.get(member.stage.name)!, at, fetched, nowMs)
    } catch (error) {
      await kill(member, error)
    }
  }

  async function settle(): Promise<void> {
    const triedAgain = new Set<string>()
    for (let steps = 0; steps < STEPS_MAX; steps++) {
      if (await step()) continue
      for (let turn = 0; turn < 5; turn++) await nextTurn()
      const waiting = batches().filter(({ parkedAt }) => parkedAt === null || !triedAgain.has(parkedAt))
      if (waiting.length === 0 && followers.behind().length === 0) return
      if (waiting.length === 0) continue
      nowMs = Math.max(nowMs, Math.min(...waiting.map(({ notBeforeMs }) => notBeforeMs)))
      for (const { parkedAt, notBeforeMs } of waiting)
        if (parkedAt !== null && notBeforeMs <= nowMs) triedAgain.add(parkedAt)
    }
    throw new Error(`not settled after ${STEPS_MAX} steps: stages feed one another without end`)
  }

  async function settleUntil<T>(promise: Promise<T>): Promise<T> {
    let settled = false
    const mark = () => void (settled = true)
    promise.then(mark, mark)
    while (!settled) await settle()
    return promise
  }

  function memberOf(stage: string): Member {
    const member = groups.get(stage)?.members[0]
    if (member === undefined) throw new Error(`no stage ${stage} runs`)
    return member
  }

  const driver: TopologyTestDriver = {
    config,
    codec,
    clock,
    log,
    signals,
    topicName,
    partitionCount,
    partitionOf: (topic, key) => partitionOf(key, partitionCount(topic)),
    offsets(topic, partition) {
      const name = topicName(topic)
      return Promise.resolve({
        startOffset: broker.startOffset(name, partition),
        endOffset: broker.endOffset(name, partition),
      })
    },
    async runStage<K extends TopicKey>(stage: Stage<K>) {
      sourcesCoPartitioned(stage.name, stage.sources, partitionCount, topicName)
      const group = groups.get(stage.name) ?? createGroup(stage.name)
      groups.set(stage.name, group)
      // The driver hands a member only batches of its own sources, so K may be forgotten here.
      const run = createStageRunner(stage, runnerParts) as unknown as StageRunner<TopicKey>
      const id = `member-${String(memberCount++).padStart(6, '0')}`
      const member: Member = createMember(
        id,
        stage as unknown as Stage,
        run,
        accumulator(stage.name, () => member),
      )
      await alone(async () => {
        group.members.push(member)
        await redivide(group)
      })
      const stop = async () => {
        if (!group.members.includes(member)) return
        await alone(async () => {
          await closeOwned(member, group)
          await remove(member)
        })
        member.done.resolve()
      }
      return { ready: member.ready.promise, done: member.done.promise, stop }
    },
    follow: (follower) => alone(() => followers.add(follower)),
    outputs(name) {
      const shared = accumulator(name)
      return Promise.resolve({ ...shared.session(), close: () => shared.settled() })
    },
    produce(topic, key, value, partition) {
      const bytes = value === null ? null : codec.encode(topic, value)
      return driver.produceBytes(topic, {
        key: Buffer.from(key),
        value: bytes,
        ...(partition === undefined ? {} : { partition }),
      })
    },
    produceBytes(topic, { key, value, partition }) {
      const chosen =
        partition ??
        (key === null ? random.int(partitionCount(topic)) : partitionOf(key, partitionCount(topic)))
      return broker.append(topicName(topic), chosen, { key, value, brokerTimeMs: nowMs })
    },
    step,
    settle,
    settleUntil,
    advance: (ms) => void (nowMs += ms),
    records: (topic) =>
      driver.rawRecords(topic).map((raw) => ({
        ...raw,
        topic: topicName(topic),
        value: raw.value === null ? null : codec.decode(topic, raw.value),
      })),
    rawRecords: (topic) => broker.topics.get(topicName(topic))!.flatMap(({ records }) => records),
    committed(stage, topic) {
      const found = groups.get(stage)?.committed ?? new Map<string, number>()
      const partitions = Array.from({ length: partitionCount(topic) }, (_, partition) => partition)
      return new Map(
        partitions.flatMap((partition) => {
          const offset = found.get(place(topicName(topic), partition))
          return offset === undefined ? [] : [[partition, offset] as const]
        }),
      )
    },
    runs: (stage) => (groups.get(stage)?.members.length ?? 0) > 0,
    crash: (stage) => alone(() => kill(memberOf(stage), new StageKilledError(`${stage} was killed`))),
    crashNext: (stage, moment) => void (memberOf(stage).crashAt = moment),
    rebalance: (stage) => alone(() => redivide(groups.get(stage)!)),
    duplicate: (share) => void (duplicateShare = share),
    compact: (topic) => broker.compact(topicName(topic)),
    digest: () => broker.digest(),
  }
  return driver
}
