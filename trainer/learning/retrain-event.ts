import type { DriftEvent } from '#schemas'
import type { FitFacts } from './model-source.ts'

/** Of the monitor of a drift event that tells of a retrain; behind it stands the learner. */
const MONITOR = 'retrain:'

/** What began it. */
export type RetrainTrigger = 'first' | 'examples' | 'time' | 'drift'

export type RetrainNews =
  | { kind: 'began'; trigger: RetrainTrigger }
  /** `came`: what came of it, as a sentence. */
  | { kind: 'made' | 'failed' | 'abandoned'; seconds: number; came: string }

const WHY: Record<RetrainTrigger, string> = {
  first: 'no model serves yet',
  examples: 'enough new examples',
  time: 'enough time since the last one',
  drift: 'a drift',
}

/**
 * What people are told of a retrain, on the drift topic: that it began, and what came of it. `examples` are its rows,
 * `after` the wall seconds it has taken. Nothing is wrong: its kind is none.
 */
export function retrainEventOf(
  learner: string,
  news: RetrainNews,
  facts: FitFacts,
  now: { occurredAtMs: number; detectedAtMs: number; modelId: string },
): DriftEvent {
  const { examples, positives } = facts
  const rows = `${count(examples)} examples (${count(positives)} positive)`
  const cause =
    news.kind === 'began'
      ? `Retraining of ${learner} on ${rows} of ${spanText(facts)} began: ${WHY[news.trigger]}.`
      : `Retraining of ${learner} on ${rows} took ${news.seconds.toFixed(1)} s: ${news.came}`
  return {
    monitor: `${MONITOR}${learner}`,
    kind: 'none',
    cause,
    detector: news.kind,
    before: 0,
    after: news.kind === 'began' ? 0 : news.seconds,
    examples,
    ...now,
  }
}

/** Whether a drift event tells of a retrain, not of a drift. */
export const isRetrainEvent = ({ monitor }: Pick<DriftEvent, 'monitor'>): boolean =>
  monitor.startsWith(MONITOR)

export const retrainedLearner = ({ monitor }: Pick<DriftEvent, 'monitor'>): string =>
  monitor.slice(MONITOR.length)

const count = (examples: number) => examples.toLocaleString('en-US')

function spanText({ fromMs, toMs }: FitFacts): string {
  const minutes = Math.max(0, toMs - fromMs) / 60_000
  return minutes < 120 ? `${minutes.toFixed(0)} minutes` : `${(minutes / 60).toFixed(1)} hours`
}
