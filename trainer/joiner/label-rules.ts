import type { Label } from '#schemas'
import type { LabelConfig } from '../config.ts'

/** When a shown item saw its first outcome of each type that matters, event time. */
export type OutcomeTimes = ReadonlyMap<string, number>

export interface LabelRules {
  /** Longest horizon of all labels: nothing is decided before. */
  readonly horizonMs: number
  /** Whether outcomes of this type can change an example. */
  matters(type: string): boolean
  /** All labels of an item, in a fixed order; null when nobody saw it. */
  labelsOf(predictedAtMs: number, outcomes: OutcomeTimes): Label[] | null
}

const MINUTE_MS = 60_000

/**
 * What outcomes mean: 1 when a positive came within the label's horizon after the prediction (the bound itself
 * counts), else 0. An item is an example when an outcome says that it was seen, whichever label says so.
 */
export function createLabelRules(labels: Readonly<Record<string, LabelConfig>>): LabelRules {
  const rules = Object.entries(labels)
    .map(([name, { positive, horizonMinutes }]) => ({
      name,
      positive,
      horizonMs: horizonMinutes * MINUTE_MS,
    }))
    .sort((left, right) => (left.name < right.name ? -1 : 1))
  const shown = new Set(Object.values(labels).flatMap((label) => label.shown))
  const known = new Set([...shown, ...rules.flatMap(({ positive }) => positive)])
  const horizonMs = Math.max(...rules.map((rule) => rule.horizonMs))

  return {
    horizonMs,
    matters: (type) => known.has(type),
    labelsOf(predictedAtMs, outcomes) {
      if (![...outcomes.keys()].some((type) => shown.has(type))) return null
      return rules.map(({ name, positive, horizonMs: withinMs }) => {
        const isPositive = positive.some(
          (type) => (outcomes.get(type) ?? Infinity) <= predictedAtMs + withinMs,
        )
        return { name, value: isPositive ? 1 : 0 }
      })
    },
  }
}
