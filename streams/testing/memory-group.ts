import type { TopicKey } from '#schemas'
import { assignCoPartitions } from '../co-partition.ts'
import { type Deferred, deferred } from '../deferred.ts'
import type { Accumulator } from '../outputs.ts'
import type { StageRunner } from '../stage-runner.ts'
import type { Stage } from '../stage.ts'
import { offsetBeyondEnd, startOffset } from '../start-offset.ts'
import type { MemoryLog } from './memory-log.ts'

export type CrashMoment =
  /** Some outputs are in the log, the rest is lost; nothing is committed. */
  | 'flush'
  /** All outputs are in the log, nothing is committed. */
  | 'commit'

export interface Member {
  readonly id: string
  readonly stage: Stage
  readonly run: StageRunner<TopicKey>
  readonly outputs: Accumulator
  owned: number[]
  /** Per `topic/partition`: the next offset to read. */
  readonly positions: Map<string, number>
  /** Per `topic/partition`: a retry waits until this clock time. */
  readonly notBeforeMs: Map<string, number>
  /** Per `topic/partition`: the offset of a parked record. */
  readonly parked: Map<string, number>
  readonly ready: Deferred
  readonly done: Deferred
  crashAt: CrashMoment | null
}

/** Members of one stage's group and what they committed. Every change of members closes and opens everything. */
export interface MemoryGroup {
  readonly stage: string
  readonly members: Member[]
  readonly committed: Map<string, number>
}

export const place = (topic: string, partition: number) => `${topic}/${partition}`

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
    notBeforeMs: new Map(),
    parked: new Map(),
    ready,
    done,
    crashAt: null,
  }
}

/** Divides the partitions among the members as on Kafka: close what was owned, then open what is given. */
export async function divide(
  group: MemoryGroup,
  log: MemoryLog,
  topicName: (topic: TopicKey) => string,
  partitionCount: (topic: TopicKey) => number,
): Promise<void> {
  for (const member of group.members) await closeOwned(member)
  if (group.members.length === 0) return
  const count = partitionCount(group.members[0]!.stage.sources[0]!)
  const all = Array.from({ length: count }, (_, partition) => partition)
  const assignment = assignCoPartitions(
    group.members.map(({ id }) => id),
    new Map([['any', all]]),
  )
  for (const member of group.members)
    await openGiven(member, assignment.get(member.id)!['any'] ?? [], group, log, topicName)
}

async function openGiven(
  member: Member,
  partitions: number[],
  group: MemoryGroup,
  log: MemoryLog,
  topicName: (topic: TopicKey) => string,
): Promise<void> {
  const { stage, positions } = member
  member.owned = partitions
  for (const topic of stage.sources) {
    const name = topicName(topic)
    for (const partition of partitions) {
      const asked = await stage.opened?.(topic, partition)
      const committed = group.committed.get(place(name, partition)) ?? null
      const high = log.endOffset(name, partition)
      const start = startOffset({ asked, committed, low: 0, high, startFrom: stage.startFrom })
      if (start.kind === 'beyond') throw offsetBeyondEnd(stage.name, name, partition, start.offset, high)
      positions.set(place(name, partition), start.offset)
    }
  }
  member.ready.resolve()
}

export async function closeOwned(member: Member): Promise<void> {
  const { stage, owned } = member
  member.owned = []
  member.positions.clear()
  member.notBeforeMs.clear()
  member.parked.clear()
  for (const partition of owned) for (const topic of stage.sources) await stage.closed?.(topic, partition)
}
