import type { TopicKey } from '#schemas'
import { assignCoPartitions } from '../co-partition.ts'
import { type CrashLimits, type CrashWatch, type CrashWatchEnd, watchPartition } from '../crash-watch.ts'
import { type Deferred, deferred } from '../deferred.ts'
import { tellLostRecords } from '../lost-records.ts'
import type { Accumulator } from '../outputs.ts'
import type { RawBatch } from '../raw-record.ts'
import type { StageRunner } from '../stage-runner.ts'
import type { Logger, Signals, Stage } from '../stage.ts'
import { offsetBeyondEnd, startOffset } from '../start-offset.ts'
import type { MemoryLog } from './memory-log.ts'

export interface Member {
  readonly id: string
  readonly stage: Stage
  readonly run: StageRunner<TopicKey>
  readonly outputs: Accumulator
  owned: number[]
  /** Per `topic/partition`: the next offset to read. */
  readonly positions: Map<string, number>
  /** Per `topic/partition`: which of its records is under suspicion. */
  readonly watches: Map<string, CrashWatch>
  /** Per `topic/partition`: a retry waits until this clock time. */
  readonly notBeforeMs: Map<string, number>
  /** Per `topic/partition`: the offset of a parked record. */
  readonly parked: Map<string, number>
  readonly ready: Deferred
  readonly done: Deferred
}

/** Members of one stage's group and what they committed. Every change of members closes and opens everything. */
export interface MemoryGroup {
  readonly stage: string
  readonly sources: readonly TopicKey[]
  readonly members: Member[]
  readonly committed: Map<string, number>
  /** What lies beside the committed offsets. */
  readonly markers: Map<string, string>
}

export const place = (topic: string, partition: number) => `${topic}/${partition}`

export const createGroup = ({ name, sources }: Pick<Stage, 'name' | 'sources'>): MemoryGroup => ({
  stage: name,
  sources,
  members: [],
  committed: new Map(),
  markers: new Map(),
})

export function createMember(
  id: string,
  stage: Stage,
  run: StageRunner<TopicKey>,
  outputs: Accumulator,
): Member {
  const [ready, done] = [deferred(), deferred()]
  return {
    id,
    stage,
    run,
    outputs,
    owned: [],
    positions: new Map(),
    watches: new Map(),
    notBeforeMs: new Map(),
    parked: new Map(),
    ready,
    done,
  }
}

export interface DivisionParts {
  broker: MemoryLog
  limits: CrashLimits
  log: Logger
  signals: Signals
  topicName(topic: TopicKey): string
  partitionCount(topic: TopicKey): number
}

/**
 * Divides the partitions among the members as on Kafka: close what was owned, then open what is given. Answers the first
 * member that could not open its share: it dies of that, whoever caused the division, and the rest is divided again.
 */
export async function divide(
  group: MemoryGroup,
  parts: DivisionParts,
): Promise<{ member: Member; error: unknown } | null> {
  for (const member of group.members) await closeOwned(member, group)
  if (group.members.length === 0) return null
  const count = parts.partitionCount(group.members[0]!.stage.sources[0]!)
  const all = Array.from({ length: count }, (_, partition) => partition)
  const assignment = assignCoPartitions(
    group.members.map(({ id }) => id),
    new Map([['any', all]]),
  )
  for (const member of group.members) {
    try {
      await openGiven(member, assignment.get(member.id)!['any'] ?? [], group, parts)
    } catch (error) {
      return { member, error }
    }
  }
  return null
}

async function openGiven(
  member: Member,
  partitions: number[],
  group: MemoryGroup,
  parts: DivisionParts,
): Promise<void> {
  const { broker, limits } = parts
  const { stage, positions } = member
  member.owned = partitions
  for (const topic of stage.sources) {
    const name = parts.topicName(topic)
    for (const partition of partitions) {
      const asked = await stage.opened?.(topic, partition, partitions)
      const committed = group.committed.get(place(name, partition)) ?? null
      const [low, high] = [broker.lowOffset(name, partition), broker.endOffset(name, partition)]
      const start = startOffset({ asked, committed, low, high, startFrom: stage.startFrom })
      if (start.kind === 'beyond') throw offsetBeyondEnd(stage.name, name, partition, start.offset, high)
      if (start.kind === 'lost') {
        const { wanted, offset: first } = start
        tellLostRecords({ stage: stage.name, topic: name, partition, wanted, first }, parts)
      }
      positions.set(place(name, partition), start.offset)
      const metadata = group.markers.get(place(name, partition)) ?? null
      const commit = asked === undefined ? (committed ?? start.offset) : start.offset
      const watched = { metadata, position: start.offset, commit, by: member.id }
      member.watches.set(place(name, partition), watchPartition(watched, limits))
    }
  }
  member.ready.resolve()
}

export async function closeOwned(member: Member, group: MemoryGroup): Promise<void> {
  const { stage, owned } = member
  closeMarkers(member, group, 'in_order')
  member.owned = []
  member.positions.clear()
  member.notBeforeMs.clear()
  member.parked.clear()
  for (const partition of owned) for (const topic of stage.sources) await stage.closed?.(topic, partition)
}

/** Takes back what the group says of open partitions, but for what the stage died of. */
export function closeMarkers({ watches }: Member, group: MemoryGroup, end: CrashWatchEnd): void {
  for (const [at, watch] of watches) {
    const marker = watch.closing(end)
    if (marker !== null) commit(group, at, watch, marker)
  }
  watches.clear()
}

/** One piece of what was read: marker, stage, offsets. Throws what the stage did, or `beforeCommit`: nothing is committed then. */
export async function workOn(
  member: Member,
  group: MemoryGroup,
  at: string,
  fetched: RawBatch,
  nowMs: number,
  beforeCommit: (member: Member) => void,
): Promise<void> {
  const watch = member.watches.get(at)!
  const { batch, mark } = watch.cut(fetched)
  if (mark !== null) commit(group, at, watch, mark)
  const outcome = await member.run(batch, member.outputs.session())
  beforeCommit(member)
  if (outcome.kind === 'seek') watch.putBack()
  else watch.passed(outcome.kind === 'done' ? outcome.nextOffset : outcome.offset, outcome.commit)
  if (mark !== null || (outcome.kind !== 'seek' && outcome.commit !== null)) commit(group, at, watch)
  if (outcome.kind === 'retry') member.notBeforeMs.set(at, nowMs + outcome.delayMs)
  if (outcome.kind === 'retry' && outcome.parked) member.parked.set(at, outcome.offset)
  else member.parked.delete(at)
  member.positions.set(at, outcome.kind === 'done' ? outcome.nextOffset : outcome.offset)
}

function commit(
  { markers, committed }: MemoryGroup,
  at: string,
  watch: CrashWatch,
  marker = watch.marker(),
): void {
  committed.set(at, watch.commitOffset())
  markers.set(at, marker ?? '')
}

/** The first offset of a partition that the group may still ask for: what is committed, else where its member stands. */
export function firstUnreadOf({ committed, members }: MemoryGroup, at: string): number {
  const standing = members.flatMap(({ positions }) => positions.get(at) ?? [])
  return committed.get(at) ?? Math.min(...standing, standing.length === 0 ? 0 : Infinity)
}
