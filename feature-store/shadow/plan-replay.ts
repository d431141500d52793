import { OperatorError } from '#streams'
import type { CompiledFeatureSet } from '../feature-set.ts'
import { statesIdOf } from '../serving.ts'
import type { LogRange } from './kafka-range.ts'
import { layoutIdsOf } from './owned-set.ts'
import type { Moment } from './range.ts'
import {
  type JobTopic,
  REPLAY_TOPICS,
  type ReplayJob,
  replayJobSchema,
  type ReplayTopic,
} from './replay-job.ts'

export interface ReplayWanted {
  name: string
  namespace: string
  kind: ReplayJob['kind']
  topics: readonly ReplayTopic[]
  from: { text: string; moment: Moment }
  to: { text: string; moment: Moment }
  ratePerSecond: number | null
  yieldAboveMs: number | null
  /** Folder of an archive that is read first. */
  archive?: string | undefined
  atMs: number
}

export interface PlannedReplay {
  job: ReplayJob
  /** What of the range is not there any more, in sentences. */
  warnings: string[]
}

/** A copy is written after its interaction; clocks of brokers are off by seconds at most. */
const COPIES_BEFORE_MS = 60_000

/**
 * Where each partition begins and ends. Attributes are read whole: a fold looks up how an item was at first sight. Copies
 * are read from where those of the first interactions can be, and what lies before these is dropped by the fence.
 *
 * @throws OperatorError `replay_range` when there is nothing between the two ends, `replay_topics` when a topic is left out that
 *   another one needs
 */
export async function planReplay(
  wanted: ReplayWanted,
  featureSet: CompiledFeatureSet,
  range: LogRange,
  topicName: (topic: ReplayTopic) => string,
): Promise<PlannedReplay> {
  const { from, to, topics: chosen } = wanted
  // A backfill looks up what is there.
  if (wanted.kind === 'copy') refuseHalves(chosen, featureSet)
  const follows = to.moment.kind === 'now'
  const layoutIds = layoutIdsOf(featureSet)
  const starts = await range.offsetsAt(topicName('interactions'), from.moment)
  const ends = follows ? null : await range.offsetsAt(topicName('interactions'), to.moment)
  if (ends !== null && ends.every((end, p) => end <= starts[p]!))
    throw new OperatorError(
      'replay_range',
      `There is no interaction from ${from.text} to ${to.text}: choose other ends, or a topic that still has them.`,
    )

  const topics: JobTopic[] = []
  for (const topic of REPLAY_TOPICS.filter((topic) => chosen.includes(topic))) {
    const name = topicName(topic)
    const { lows, highs } = await range.ends(name)
    const isAlone = !chosen.includes('interactions') && !chosen.includes('itemInteractions')
    topics.push({
      topic,
      topicName: name,
      layoutId: layoutIds[topic],
      starts:
        topic === 'interactions'
          ? starts
          : topic === 'itemInteractions' && from.moment.kind === 'time'
            ? await range.offsetsAt(name, { kind: 'time', atMs: from.moment.atMs - COPIES_BEFORE_MS })
            : lows,
      ends:
        topic === 'interactions' && ends !== null
          ? ends
          : highs.map((high) => (isAlone && !follows ? high : null)),
    })
  }
  const job = replayJobSchema.parse({
    name: wanted.name,
    namespace: wanted.namespace,
    kind: wanted.kind,
    statesId: statesIdOf(featureSet),
    featureSetId: featureSet.id,
    state: 'running',
    from: from.text,
    to: to.text,
    follows,
    ratePerSecond: wanted.ratePerSecond,
    yieldAboveMs: wanted.yieldAboveMs,
    topics,
    sourceStarts: starts,
    sourceEnds: ends ?? starts.map(() => null),
    ...(wanted.archive === undefined ? {} : { archive: wanted.archive }),
    isPlanted: false,
    createdAtMs: wanted.atMs,
  } satisfies ReplayJob)
  return { job, warnings: warningsOf(from.moment, (await range.ends(topicName('interactions'))).lows) }
}

function refuseHalves(chosen: readonly ReplayTopic[], { layouts }: CompiledFeatureSet): void {
  if (!chosen.includes('interactions') || layouts.user.lookups.length === 0 || chosen.includes('items'))
    return
  throw new OperatorError(
    'replay_topics',
    'These features look items up as interactions are folded: give --topics interactions,items, or leave --topics out.',
  )
}

function warningsOf(from: Moment, lows: readonly number[]): string[] {
  if (from.kind !== 'offset') return []
  const cut = lows.filter((low) => low > from.offset)
  if (cut.length === 0) return []
  return [
    `Kafka has removed interactions from offset ${String(from.offset)} on (retention): ${String(cut.length)} of ${String(lows.length)} partitions begin later, the last one at offset ${String(Math.max(...cut))}. What was counted before is not in the replay.`,
  ]
}
