import type { Deficit } from './slope-deficit.ts'

/**
 * Share of what the scores promise, summed, that did not come true: 0 honest, 1 nothing came, below 0 more than promised.
 * The standard error is that of honest scores.
 *
 * @returns NaN when there are no rows
 */
export function levelDeficit(judged: readonly { score: number; label: number }[]): Deficit {
  let promised = 0
  let came = 0
  let variance = 0
  for (const { score, label } of judged) {
    promised += score
    came += label
    variance += score * (1 - score)
  }
  return { deficit: (promised - came) / promised, standardError: Math.sqrt(variance) / promised }
}
