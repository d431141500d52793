import type { LogRange, Moment } from '#feature-store/shadow'
import { OperatorError } from '#streams'
import { type JoinerSource, SOURCES } from '../joiner/joiner-lanes.ts'
import { type LabelDefinition, type RejoinSource } from './rejoin-job.ts'

const MINUTE_MS = 60_000
/** What came of a prediction can be written shortly before it: clocks of brokers and batches of producers. */
const OUTCOMES_BEFORE_MS = 60_000

export interface RejoinRange {
  sources: RejoinSource[]
  /** What of the range is not there any more, in sentences. */
  warnings: string[]
}

/**
 * Which predictions are joined again: those between the two moments, by offset of each partition or by when the broker took
 * them. What came of them is read until every label of the last one is final; `now` is where the topics end when it begins.
 *
 * @throws OperatorError `replay_range` when there is no prediction between the two
 */
export async function planRejoin(
  { from, to, definition }: { from: Asked; to: Asked; definition: LabelDefinition },
  range: Pick<LogRange, 'ends' | 'offsetsAt'>,
  topicName: (topic: JoinerSource) => string,
): Promise<RejoinRange> {
  const sources: RejoinSource[] = []
  for (const topic of SOURCES) {
    const name = topicName(topic)
    const isAsked = topic === 'predictions'
    const starts = isAsked
      ? await range.offsetsAt(name, from.moment)
      : await earliestOutcome(range, name, from.moment)
    const ends = isAsked
      ? await range.offsetsAt(name, to.moment)
      : await lastOutcome(range, name, to.moment, waitMs(definition))
    const kept = ends.map((end, p) => Math.max(end, starts[p]!))
    sources.push({ topic, topicName: name, starts, ends: kept, reads: [...starts], needs: [...starts] })
  }
  const predictions = sources[0]!
  if (predictions.ends.every((end, p) => end <= predictions.starts[p]!))
    throw new OperatorError(
      'replay_range',
      `There is no prediction from ${from.text} to ${to.text}: choose other ends, or a topic that still has them.`,
    )
  return { sources, warnings: await warningsOf(from.moment, range, predictions.topicName) }
}

interface Asked {
  text: string
  moment: Moment
}

/** Event time within which everything that counts for a prediction has come. */
const waitMs = ({ labels, shownWithinMinutes, graceMinutes }: LabelDefinition): number =>
  (shownWithinMinutes +
    graceMinutes +
    Math.max(...Object.values(labels).map((label) => label.horizonMinutes))) *
  MINUTE_MS

async function earliestOutcome(
  range: Pick<LogRange, 'ends' | 'offsetsAt'>,
  name: string,
  from: Moment,
): Promise<number[]> {
  if (from.kind !== 'time') return (await range.ends(name)).lows
  return range.offsetsAt(name, { kind: 'time', atMs: from.atMs - OUTCOMES_BEFORE_MS })
}

async function lastOutcome(
  range: Pick<LogRange, 'ends' | 'offsetsAt'>,
  name: string,
  to: Moment,
  afterMs: number,
): Promise<number[]> {
  if (to.kind !== 'time') return (await range.ends(name)).highs
  return range.offsetsAt(name, { kind: 'time', atMs: to.atMs + afterMs })
}

async function warningsOf(from: Moment, range: Pick<LogRange, 'ends'>, name: string): Promise<string[]> {
  if (from.kind !== 'offset') return []
  const { lows } = await range.ends(name)
  const cut = lows.filter((low) => low > from.offset)
  if (cut.length === 0) return []
  return [
    `Kafka has removed predictions from offset ${String(from.offset)} on (retention): ${String(cut.length)} of ${String(lows.length)} partitions begin later, the last one at offset ${String(Math.max(...cut))}.`,
  ]
}
