import type { EntropyPhases } from './demo-report.ts'
import { forecastQuality } from '../../metrics/index.ts'
import type { Judged } from './judged-predictions.ts'

export interface PhaseTimes {
  /** Event time of the injected drift; null: there was none, the whole run is "before". */
  driftAtMs: number | null
  /** Event time of the last request that counts. */
  endMs: number
  /** Width of the windows before the drift and at the end. */
  windowMs: number
  /** Width of the windows among which the worst is looked for. */
  worstWindowMs: number
}

/** A window says something from this many positives on. */
const POSITIVES_MIN = 30

/** The window before the drift and the one at the end, [from, to) in event time. */
export function phaseWindows({ driftAtMs, endMs, windowMs }: PhaseTimes): {
  before: [number, number]
  after: [number, number] | null
} {
  if (driftAtMs === null) return { before: [endMs - windowMs, endMs], after: null }
  return { before: [driftAtMs - windowMs, driftAtMs], after: [Math.max(driftAtMs, endMs - windowMs), endMs] }
}

/**
 * Normalized entropy of live predictions just before the drift, in the worst window after it, and at the end.
 *
 * @param judged by event time
 * @returns also where the worst window lies, [from, to) in event time
 */
export function entropyPhases(
  judged: readonly Judged[],
  times: PhaseTimes,
): EntropyPhases & { worst: [number, number] | null } {
  const within = (fromMs: number, toMs: number) => {
    const quality = forecastQuality(
      judged.filter((one) => one.occurredAtMs >= fromMs && one.occurredAtMs < toMs),
    )
    return quality.positives < POSITIVES_MIN ? null : quality.normalizedEntropy
  }
  const { before, after } = phaseWindows(times)
  let atWorst: number | null = null
  let worst: [number, number] | null = null
  if (times.driftAtMs !== null) {
    for (
      let fromMs = times.driftAtMs;
      fromMs + times.worstWindowMs <= times.endMs;
      fromMs += times.worstWindowMs / 2
    ) {
      const entropy = within(fromMs, fromMs + times.worstWindowMs)
      if (entropy === null || (atWorst !== null && entropy <= atWorst)) continue
      atWorst = entropy
      worst = [fromMs, fromMs + times.worstWindowMs]
    }
  }
  return {
    beforeDrift: within(...before),
    atWorst,
    afterRecovery: after === null ? null : within(...after),
    worst,
  }
}
