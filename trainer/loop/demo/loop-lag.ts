import type { TopicKey } from '#schemas'

/** Every stage of the loop and what it reads. */
export const STAGE_SOURCES: Readonly<Record<string, readonly TopicKey[]>> = {
  'features-user': ['interactions'],
  'features-item': ['itemInteractions'],
  'features-user-attributes': ['users'],
  'features-item-attributes': ['items'],
  scorer: ['requests'],
  joiner: ['predictions', 'outcomes', 'interactions'],
  learner: ['examples'],
}
export const STAGES = Object.keys(STAGE_SOURCES)
export const FEATURE_STAGES = STAGES.filter((stage) => stage.startsWith('features-'))
/** The joiner's committed offset is that of the oldest prediction still waiting for its outcomes: no lag. */
export const STAGES_THAT_LAG = STAGES.filter((stage) => stage !== 'joiner')

export interface LoopOffsets {
  /** Committed offset per partition; absent: nothing was committed, all of it is still to be read. */
  committed(stage: string, topic: TopicKey): ReadonlyMap<number, number>
  /** End offset per partition; the topics are new, they begin at 0. */
  ends(topic: TopicKey): ReadonlyMap<number, number>
}

/** Records that a stage has not committed, over all its partitions. */
export function lagOf(stage: string, { committed, ends }: LoopOffsets): number {
  let lag = 0
  for (const topic of STAGE_SOURCES[stage] ?? []) {
    const read = committed(stage, topic)
    for (const [partition, end] of ends(topic)) lag += Math.max(0, end - (read.get(partition) ?? 0))
  }
  return lag
}

/** Two equal answers some time apart: nothing moves in the loop any more. */
export function offsetsText({ committed, ends }: LoopOffsets): string {
  return JSON.stringify(
    Object.entries(STAGE_SOURCES).flatMap(([stage, topics]) =>
      topics.map((topic) => [stage, topic, [...committed(stage, topic)], [...ends(topic)]]),
    ),
  )
}
