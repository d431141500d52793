import type { TopicKey } from '#schemas'
import type { StreamsLimits } from '../config.ts'
import { sourcesCoPartitioned } from '../co-partition.ts'
import { endOf } from '../crash-watch.ts'
import { StageKilledError } from '../errors.ts'
import type { Accumulator } from '../outputs.ts'
import { createStageRunner, type StageRunner, type StageRunnerParts } from '../stage-runner.ts'
import type { RunningStage, Stage } from '../stage.ts'
import {
  closeMarkers,
  closeOwned,
  createGroup,
  createMember,
  divide,
  type DivisionParts,
  firstUnreadOf,
  type Member,
  type MemoryGroup,
  place,
  workOn,
} from './memory-group.ts'

export interface MemoryGroupsParts extends StageRunnerParts, Omit<DivisionParts, 'limits'> {
  limits: StreamsLimits
  outputsOf(stage: string, member: () => Member): Accumulator
  /** The stage is done with a batch and nothing is committed yet. */
  beforeCommit(member: Member): void
}

/** A batch that a member could get now, or when its retry is due. */
export interface ReadableBatch {
  member: Member
  topic: TopicKey
  partition: number
  available: number
  notBeforeMs: number
  /** Where a parked record waits; null: none does. */
  parkedAt: string | null
}

/** All groups of one runtime. Batches, starts and stops follow one another: no two of them see a group half changed. */
export interface MemoryGroups {
  alone<T>(work: () => Promise<T>): Promise<T>
  run<K extends TopicKey>(stage: Stage<K>): Promise<RunningStage>
  readable(): ReadableBatch[]
  /** Only within `alone`. */
  work(batch: ReadableBatch, below: (max: number) => number): Promise<void>
  /** As on Kafka: a stage that fails closes its markers, a process that is killed does not. Only within `alone`. */
  kill(member: Member, error: unknown): Promise<void>
  /** Takes all partitions away and gives them back. Only within `alone`. */
  redivide(stage: string): Promise<void>
  first(stage: string): Member | undefined
  /** Next offset to read per partition. */
  committed(stage: string, topic: TopicKey): Map<number, number>
  /** The first offset that a group may still ask for; null: no stage reads the topic. */
  firstUnread(topic: string, partition: number): number | null
}

export function createMemoryGroups(parts: MemoryGroupsParts): MemoryGroups {
  const { broker, clock, limits, topicName, partitionCount } = parts
  const groups = new Map<string, MemoryGroup>()
  const groupOf = (member: Member) => groups.get(member.stage.name)!
  let memberCount = 0
  let exclusive: Promise<unknown> = Promise.resolve()

  function alone<T>(work: () => Promise<T>): Promise<T> {
    const result = exclusive.then(work, work)
    exclusive = result.catch(() => undefined)
    return result
  }

  async function run<K extends TopicKey>(stage: Stage<K>): Promise<RunningStage> {
    sourcesCoPartitioned(stage.name, stage.sources, partitionCount, topicName)
    const group = groups.get(stage.name) ?? createGroup(stage)
    groups.set(stage.name, group)
    // A member gets only batches of its own sources, so K may be forgotten here.
    const runner = createStageRunner(stage, parts) as unknown as StageRunner<TopicKey>
    const id = `member-${String(memberCount++).padStart(6, '0')}`
    const outputs = parts.outputsOf(stage.name, () => member)
    const member: Member = createMember(id, stage as unknown as Stage, runner, outputs)
    await alone(async () => {
      group.members.push(member)
      await redivide(group, parts)
    })
    const stop = async () => {
      if (!group.members.includes(member)) return
      await alone(async () => {
        await closeOwned(member, group)
        await remove(group, member, parts)
      })
      member.done.resolve()
    }
    return { ready: member.ready.promise, done: member.done.promise, stop }
  }

  async function work(
    { member, topic, partition, available }: ReadableBatch,
    below: (max: number) => number,
  ): Promise<void> {
    const name = topicName(topic)
    const at = place(name, partition)
    const recordsMax = 1 + below(Math.min(available, limits.batchRecordsMax))
    const read = broker.read(name, partition, member.positions.get(at)!, recordsMax)
    const fetched = { topic, partition, ...read, endOffset: broker.endOffset(name, partition) }
    try {
      await workOn(member, groupOf(member), at, fetched, clock.nowMs(), parts.beforeCommit)
    } catch (error) {
      await kill(groupOf(member), member, error, parts)
    }
  }

  return {
    alone,
    run,
    work,
    kill: (member, error) => kill(groupOf(member), member, error, parts),
    readable: () => readableOf(groups.values(), parts),
    redivide: (stage) => redivide(groups.get(stage)!, parts),
    first: (stage) => groups.get(stage)?.members[0],
    committed(stage, topic) {
      const found = groups.get(stage)?.committed ?? new Map<string, number>()
      const partitions = Array.from({ length: partitionCount(topic) }, (_, partition) => partition)
      const offsets = partitions.map((partition) => [
        partition,
        found.get(place(topicName(topic), partition)),
      ])
      return new Map(offsets.filter((entry): entry is [number, number] => entry[1] !== undefined))
    },
    firstUnread(topic, partition) {
      const reading = [...groups.values()].filter(({ sources }) => sources.map(topicName).includes(topic))
      const unread = reading.map((group) => firstUnreadOf(group, place(topic, partition)))
      return unread.length === 0 ? null : Math.min(...unread)
    },
  }
}

async function redivide(group: MemoryGroup, parts: DivisionParts): Promise<void> {
  const failed = await divide(group, parts)
  if (failed !== null) await kill(group, failed.member, failed.error, parts)
}

async function remove(group: MemoryGroup, member: Member, parts: DivisionParts): Promise<void> {
  group.members.splice(group.members.indexOf(member), 1)
  await redivide(group, parts)
}

async function kill(group: MemoryGroup, member: Member, error: unknown, parts: DivisionParts): Promise<void> {
  if (!(error instanceof StageKilledError)) closeMarkers(member, group, endOf(error))
  member.owned = []
  member.ready.reject(error)
  member.done.reject(error)
  await remove(group, member, parts)
}

function readableOf(
  groups: Iterable<MemoryGroup>,
  { broker, topicName }: Pick<DivisionParts, 'broker' | 'topicName'>,
): ReadableBatch[] {
  const found: ReadableBatch[] = []
  for (const { members } of groups) {
    for (const member of members) {
      for (const partition of member.owned) {
        for (const topic of member.stage.sources) {
          const at = place(topicName(topic), partition)
          const available = broker.available(topicName(topic), partition, member.positions.get(at)!)
          if (available === 0) continue
          const notBeforeMs = member.notBeforeMs.get(at) ?? 0
          const parkedAt = member.parked.has(at) ? `${member.id}/${at}/${member.parked.get(at)}` : null
          found.push({ member, topic, partition, available, notBeforeMs, parkedAt })
        }
      }
    }
  }
  return found
}
