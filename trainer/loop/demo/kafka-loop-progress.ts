import { groupOf, STAGE_NAMES, type StageName, STAGES, type TopicCatalogue, type TopicKey } from '#schemas'
import type { LagReader } from '#streams'
import { lagOf, offsetsText, STAGES_THAT_LAG, type LoopOffsets } from './loop-lag.ts'
import { rest, until } from './process-until.ts'

export interface LoopProgressParts {
  prefix: string
  catalogue: TopicCatalogue
  lags: Pick<LagReader, 'lags' | 'endOffsets'>
}

/** How far the stages of a running loop are. */
export interface LoopProgress {
  /** Records that the slowest group of these stages is behind; all that keep no records waiting on purpose when none are named. */
  lagRecords(stages?: readonly StageName[]): Promise<number>
  /** Waits until nothing is behind. @throws LoopTooSlowError */
  caughtUp(secondsMax: number, stages?: readonly StageName[]): Promise<void>
  /** Waits until nothing is behind and nothing moves any more. @throws LoopTooSlowError */
  settled(secondsMax: number): Promise<void>
}

/** Nothing moved for so long: nothing will. The joiner looks at its sources several times in it. */
const REST_MS = 3_000

export function createLoopProgress({ prefix, catalogue, lags }: LoopProgressParts): LoopProgress {
  async function offsets(): Promise<LoopOffsets> {
    const committed = await lags.lags()
    const topics = [...new Set(STAGE_NAMES.flatMap((stage): readonly TopicKey[] => STAGES[stage].sources))]
    const ends = new Map(
      await Promise.all(
        topics.map(async (topic) => [topic, await lags.endOffsets(catalogue[topic].name)] as const),
      ),
    )
    return {
      committed(stage, topic) {
        const [group, name] = [groupOf(prefix, stage), catalogue[topic].name]
        const ours = committed.filter((lag) => lag.group === group && lag.topic === name)
        return new Map(ours.map(({ partition, committedOffset }) => [partition, committedOffset]))
      },
      ends: (topic) => ends.get(topic) ?? new Map(),
    }
  }

  async function lagRecords(stages: readonly StageName[] = STAGES_THAT_LAG): Promise<number> {
    const now = await offsets()
    return Math.max(...stages.map((stage) => lagOf(stage, now)))
  }

  async function isAtRest(): Promise<boolean> {
    const before = await offsets()
    if (STAGES_THAT_LAG.some((stage) => lagOf(stage, before) > 0)) return false
    await rest(REST_MS)
    return offsetsText(await offsets()) === offsetsText(before)
  }

  return {
    lagRecords,
    caughtUp: (secondsMax, stages) =>
      until('the loop to catch up', secondsMax, async () => (await lagRecords(stages)) === 0),
    settled: (secondsMax) => until('the loop to come to rest', secondsMax, isAtRest),
  }
}
