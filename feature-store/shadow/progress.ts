import type { Fence } from '../fence.ts'
import type { JobTopic, ReplayJob, ReplayTopic } from './replay-job.ts'

/** How far one partition is. Offsets. */
export interface PartitionProgress {
  partition: number
  start: number
  /** First offset that is not in the states; null: the fence is gone. */
  next: number | null
  /** Where it ends, or the end of the log as it is now. */
  end: number
}

export interface TopicProgress {
  topic: ReplayTopic
  partitions: PartitionProgress[]
}

export interface ReplayProgress {
  topics: TopicProgress[]
  /** Offsets between starts and ends, of all topics. */
  total: number
  done: number
  /** Offsets that are left. */
  left: number
  /** Reads are ready: it has been where the logs ended when it began. */
  isReady: boolean
  /** Reads are ready, and every partition is where its end is now. */
  isCaughtUp: boolean
  /** A fence is gone. */
  isBroken: boolean
}

/** By topic, in the job's order: fences as they are now, and the ends of the logs. */
export function progressOf(
  job: Pick<ReplayJob, 'topics'>,
  fences: readonly (readonly (Fence | null)[])[],
  highs: readonly (readonly number[])[],
): ReplayProgress {
  const topics = job.topics.map(({ topic, starts, ends }, t) => ({
    topic,
    partitions: starts.map((start, partition) => ({
      partition,
      start,
      next: fences[t]?.[partition]?.nextOffset ?? null,
      end: Math.max(start, ends[partition] ?? highs[t]?.[partition] ?? start),
    })),
  }))
  const all = topics.flatMap(({ partitions }) => partitions)
  const total = all.reduce((sum, { start, end }) => sum + end - start, 0)
  const done = all.reduce(
    (sum, { start, next, end }) => sum + Math.min(Math.max((next ?? start) - start, 0), end - start),
    0,
  )
  const isReady = fences
    .flat()
    .every((fence) => fence !== null && fence.nextOffset >= fence.rebuildUntilOffset)
  const isBroken = all.some(({ next }) => next === null)
  return { topics, total, done, left: total - done, isReady, isCaughtUp: isReady && done >= total, isBroken }
}

/** Of what was seen a while ago and now, a second; 0 when nothing moved. */
export function perSecond(
  before: { done: number; atMs: number },
  now: { done: number; atMs: number },
): number {
  const ms = now.atMs - before.atMs
  return ms <= 0 ? 0 : Math.max(0, ((now.done - before.done) * 1_000) / ms)
}

/** Offsets of the interactions that are in the states. */
export function interactionsDone({ topics }: Pick<ReplayProgress, 'topics'>): number {
  const found = topics.find(({ topic }) => topic === 'interactions') ?? topics.at(-1)
  return (found?.partitions ?? []).reduce(
    (sum, { start, next }) => sum + Math.max((next ?? start) - start, 0),
    0,
  )
}

/** Every partition of the topic is read up to its end. */
export const isTopicOver = ({ ends }: JobTopic, fences: readonly (Fence | null)[]): boolean =>
  ends.every((end, partition) => end !== null && (fences[partition]?.nextOffset ?? -1) >= end)

/** `1 h 5 min`, `12 s`; `-` when nothing moves. */
export function durationText(left: number, ratePerSecond: number): string {
  if (left === 0) return '0 s'
  if (ratePerSecond <= 0) return '-'
  const seconds = Math.ceil(left / ratePerSecond)
  if (seconds < 60) return `${String(seconds)} s`
  const minutes = Math.round(seconds / 60)
  return minutes < 60
    ? `${String(minutes)} min`
    : `${String(Math.floor(minutes / 60))} h ${String(minutes % 60)} min`
}
