import type { TopicKey } from '#schemas'
import { StageKilledError } from '../errors.ts'
import type { MemoryRuntime, MemoryRuntimeOptions } from '../memory/memory-contract.ts'
import type { Member } from '../memory/memory-group.ts'
import { assembleMemoryRuntime, type Interference } from '../memory/memory-runtime.ts'
import type { OutboundRecord } from '../outputs.ts'

export type CrashMoment =
  /** Some outputs are in the log, the rest is lost; nothing is committed. */
  | 'flush'
  /** All outputs are in the log, nothing is committed. */
  | 'commit'

/** The runtime in memory, and what a test does to it. */
export interface TopologyTestDriver extends MemoryRuntime {
  /** Kills one member of a stage now: nothing is closed or committed, `done` rejects. Run the stage again to go on. */
  crash(stage: string): Promise<void>
  /** Kills a member during its next batch. */
  crashNext(stage: string, moment: CrashMoment): void
  /** Takes all partitions away and gives them back, as when a group member comes or goes. */
  rebalance(stage: string): Promise<void>
  /** From now on this share of records written by stages is written twice in a row. */
  duplicate(share: number): void
  compact(topic: TopicKey): void
  /** A transaction that is taken back: offsets that nobody reads, of its records and of its end. */
  takeBack(topic: TopicKey, partition: number, records?: number): void
}

export async function createTopologyTestDriver(options: MemoryRuntimeOptions): Promise<TopologyTestDriver> {
  const crashes = new Map<Member, CrashMoment>()
  let duplicateShare = 0

  const { runtime, broker, groups } = await assembleMemoryRuntime(options, (random): Interference => {
    const copied = (records: readonly OutboundRecord[]) =>
      records.flatMap((record) =>
        duplicateShare > 0 && random.chance(duplicateShare) ? [record, record] : [record],
      )
    return {
      written(records, member) {
        if (member === null || crashes.get(member) !== 'flush')
          return { records: copied(records), error: null }
        const error = new StageKilledError('killed while its outputs were on their way')
        return { records: copied(records.slice(0, random.int(records.length + 1))), error }
      },
      beforeCommit(member) {
        if (crashes.has(member)) throw new StageKilledError('killed before it committed')
      },
    }
  })

  function memberOf(stage: string): Member {
    const member = groups.first(stage)
    if (member === undefined) throw new Error(`no stage ${stage} runs`)
    return member
  }

  return {
    ...runtime,
    crash: (stage) =>
      groups.alone(() => groups.kill(memberOf(stage), new StageKilledError(`${stage} was killed`))),
    crashNext: (stage, moment) => void crashes.set(memberOf(stage), moment),
    rebalance: (stage) => groups.alone(() => groups.redivide(stage)),
    duplicate: (share) => void (duplicateShare = share),
    takeBack: (topic, partition, records = 1) =>
      broker.skip(runtime.topicName(topic), partition, records + 1),
    compact(topic) {
      const name = runtime.topicName(topic)
      for (const partition of broker.topics.get(name)!.keys()) broker.compact(name, partition, Infinity)
    },
  }
}
