import type { ItemInteractions } from '#schemas'
import type { Batch, StageRecord } from '#streams'
import { FencedError } from '../errors.ts'
import type { FencedStage } from '../stages/fenced-stage.ts'
import type { JobTopic, ReplayTopic } from './replay-job.ts'
import type { Pace } from './pace.ts'

export interface ShadowStageParts {
  /** As the replay knows it now: ends may be found out later. */
  jobTopic(): JobTopic
  /** Per partition of interactions, the first offset whose copies are left out; null: none. */
  sourceEnds: readonly (number | null)[]
  pace: Pick<Pace, 'take'>
}

/** A live stage in a replay. */
export interface ShadowStage<K extends ReplayTopic = ReplayTopic> {
  stage: FencedStage<K>
  /** First offset of a partition that is not read; null: none. */
  endOf(partition: number): number | null
  /** Somebody else owns this partition now: the live service after a switch, or the replay in another process. */
  giveUp(partition: number): void
  /** Partitions that were given up. */
  givenUp(): number
}

/** Paced, up to its end, without copies of what lies behind it; a partition that is fenced off is left to its new owner. */
export function shadowStage<K extends ReplayTopic>(
  stage: FencedStage<K>,
  { jobTopic, sourceEnds, pace }: ShadowStageParts,
): ShadowStage<K> {
  const gone = new Set<number>()
  const isCut = stage.sources.includes('itemInteractions' as K) && sourceEnds.some((end) => end !== null)
  return {
    endOf: (partition) => (gone.has(partition) ? 0 : (jobTopic().ends[partition] ?? null)),
    giveUp: (partition) => void gone.add(partition),
    givenUp: () => gone.size,
    stage: {
      ...stage,
      async batch(batch, outputs) {
        const cut = isCut ? cutCopies(batch, sourceEnds) : batch
        await pace.take(cut.records.reduce((sum, record) => sum + interactionsIn(record), 0))
        try {
          return await stage.batch(cut, outputs)
        } catch (error) {
          if (!(error instanceof FencedError)) throw error
          gone.add(batch.partition)
          return { kind: 'seek', offset: batch.firstOffset }
        }
      },
    },
  }
}

function interactionsIn({ value }: StageRecord<ReplayTopic>): number {
  if (value === null || !('items' in value)) return 1
  return value.items.reduce((sum, { copies }) => sum + copies.length, 0)
}

function cutCopies<K extends ReplayTopic>(batch: Batch<K>, sourceEnds: readonly (number | null)[]): Batch<K> {
  const records = batch.records.map((record) => {
    const value = record.value as ItemInteractions | null
    const end = value === null ? null : (sourceEnds[value.sourcePartition] ?? null)
    return end === null ? record : { ...record, value: copiesBefore(value!, end) as typeof record.value }
  })
  return { ...batch, records }
}

/** A bundle without the copies of interactions from this offset on. */
export function copiesBefore(bundle: ItemInteractions, end: number): ItemInteractions {
  const items = bundle.items
    .map((item) => ({ ...item, copies: item.copies.filter(({ sourceOffset }) => sourceOffset < end) }))
    .filter(({ copies }) => copies.length > 0)
  return { ...bundle, items }
}
