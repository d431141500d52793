import type { TrainerConfig } from '../../config.ts'
import type { DueExamplesOptions } from './due-examples.ts'
import type { JudgedPredictionsOptions } from './judged-predictions.ts'

const MINUTE_MS = 60_000

/** What makes a shown item a positive of the objective. */
export function judgingOf({
  labels,
  objective,
  shownWithinMinutes,
}: TrainerConfig): JudgedPredictionsOptions {
  const { shown, positive, horizonMinutes } = labels[objective]!
  return {
    shown,
    positive,
    horizonMs: horizonMinutes * MINUTE_MS,
    shownWithinMs: shownWithinMinutes * MINUTE_MS,
  }
}

/** When an example of all labels must be there. */
export function joiningOf({ labels, shownWithinMinutes, limits }: TrainerConfig): DueExamplesOptions {
  const all = Object.values(labels)
  return {
    shownTypes: all.flatMap(({ shown }) => shown),
    horizonMs: Math.max(...all.map(({ horizonMinutes }) => horizonMinutes)) * MINUTE_MS,
    shownWithinMs: shownWithinMinutes * MINUTE_MS,
    graceMs: limits.graceMinutes * MINUTE_MS,
  }
}
