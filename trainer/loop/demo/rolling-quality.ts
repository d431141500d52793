import type { Example } from '#schemas'
import { forecastQuality } from '../../metrics/index.ts'

/** Normalized entropy of the latest matured examples that a model scored: for the screen, not for the report. */
export interface RollingQuality {
  add(example: Example): void
  /** null until there is enough to say something. */
  normalizedEntropy(): number | null
}

const POSITIVES_MIN = 30

/** Memory: the last `examplesMax` scores and labels. */
export function createRollingQuality(options: { label: string; examplesMax: number }): RollingQuality {
  const judged: { score: number; label: 0 | 1 }[] = []
  return {
    add({ score, modelId, labels }) {
      const label = labels.find(({ name }) => name === options.label)
      if (score === null || modelId === '' || label === undefined) return
      judged.push({ score, label: label.value > 0 ? 1 : 0 })
      if (judged.length > options.examplesMax) judged.splice(0, Math.ceil(options.examplesMax / 10))
    },
    normalizedEntropy() {
      const quality = forecastQuality(judged)
      return quality.positives < POSITIVES_MIN ? null : quality.normalizedEntropy
    },
  }
}
