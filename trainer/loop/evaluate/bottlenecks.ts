import type { Phases } from '../train/index.ts'

/** Where the time of a training goes. */
export interface Bottleneck {
  phase: string
  seconds: number
  /** Of all of it. */
  share: number
}

/** Longest first. */
export function bottlenecksOf({
  readSeconds,
  featuresSeconds,
  fitSeconds,
  judgeSeconds,
}: Phases): Bottleneck[] {
  const phases: [string, number][] = [
    ['read the data', readSeconds],
    ['make features', featuresSeconds],
    ['check and fit the learner', fitSeconds],
    ['judge the model', judgeSeconds],
  ]
  const whole = phases.reduce((sum, [, seconds]) => sum + seconds, 0)
  return phases
    .map(([phase, seconds]) => ({ phase, seconds, share: whole === 0 ? 0 : seconds / whole }))
    .sort((left, right) => right.seconds - left.seconds)
}
