import { STAGE_NAMES, type StageName, STAGES, type TopicKey } from '#schemas'

/** The joiner's committed offset is that of the oldest prediction still waiting for its outcomes: no lag. */
export const STAGES_THAT_LAG = STAGE_NAMES.filter((stage) => stage !== 'joiner')

export interface LoopOffsets {
  /** Committed offset per partition; absent: nothing was committed, all of it is still to be read. */
  committed(stage: StageName, topic: TopicKey): ReadonlyMap<number, number>
  /** End offset per partition; the topics are new, they begin at 0. */
  ends(topic: TopicKey): ReadonlyMap<number, number>
}

/** Records that a stage has not committed, over all its partitions. */
export function lagOf(stage: StageName, { committed, ends }: LoopOffsets): number {
  let lag = 0
  for (const topic of STAGES[stage].sources) {
    const read = committed(stage, topic)
    for (const [partition, end] of ends(topic)) lag += Math.max(0, end - (read.get(partition) ?? 0))
  }
  return lag
}

/** Two equal answers some time apart: nothing moves in the loop any more. */
export function offsetsText({ committed, ends }: LoopOffsets): string {
  return JSON.stringify(
    STAGE_NAMES.flatMap((stage) =>
      STAGES[stage].sources.map((topic) => [stage, topic, [...committed(stage, topic)], [...ends(topic)]]),
    ),
  )
}
