import { SKEW_MONITOR } from '#feature-store'
import type { DriftEvent } from '#schemas'

/** Whether what was served is what the log gives, as the skew service tells it on the drift topic. */
export interface SkewGuard {
  note(event: DriftEvent): void
  /** Why nothing is promoted now, as the end of a sentence; undefined: nothing speaks against it. */
  refusal(nowMs: number): string | undefined
}

export interface SkewGuardConfig {
  skewShareMax: number
  skewForgottenMinutes: number
}

/**
 * A model that was judged on vectors that are not what the log gives has proven nothing. What was told long ago, by a service that
 * may be gone, counts no more.
 */
export function createSkewGuard({ skewShareMax, skewForgottenMinutes }: SkewGuardConfig): SkewGuard {
  let told: Pick<DriftEvent, 'after' | 'examples' | 'detectedAtMs'> | null = null
  return {
    note({ monitor, after, examples, detectedAtMs }) {
      if (monitor === SKEW_MONITOR) told = { after, examples, detectedAtMs }
    },
    refusal(nowMs) {
      if (told === null || told.after <= skewShareMax) return undefined
      if (nowMs - told.detectedAtMs > skewForgottenMinutes * 60_000) return undefined
      const [share, most] = [told.after, skewShareMax].map((part) => `${(part * 100).toFixed(2)} %`)
      return `${share!} of ${told.examples.toLocaleString('en-US')} served vectors differ from what the log gives, and promotion.skewShareMax is ${most!}: \`npx feedloop drift report\` says which features.`
    },
  }
}
