import type { Label } from '#schemas'
import type { LabelConfig } from '../config.ts'

/** When a shown item saw its first outcome of each type that matters, event time. */
export type OutcomeTimes = ReadonlyMap<string, number>

export interface LabelRules {
  /** Longest horizon of all labels: nothing is decided before. */
  readonly horizonMs: number
  /** Whether outcomes of this type can change an example. */
  matters(type: string): boolean
  /** Whether outcomes of this type say that an item was seen. */
  isShown(type: string): boolean
  /** When an item was first seen, event time; undefined: nobody saw it. */
  shownAtMs(outcomes: OutcomeTimes): number | undefined
  /** All labels of a shown item, in a fixed order. */
  labelsOf(shownAtMs: number, outcomes: OutcomeTimes): Label[]
}

const MINUTE_MS = 60_000

/**
 * What outcomes mean: 1 when a positive came within the label's horizon after the showing (the bound itself
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
    isShown: (type) => shown.has(type),
    shownAtMs(outcomes) {
      let firstMs: number | undefined
      for (const [type, occurredAtMs] of outcomes)
        if (shown.has(type)) firstMs = Math.min(occurredAtMs, firstMs ?? Infinity)
      return firstMs
    },
    labelsOf(shownAtMs, outcomes) {
      return rules.map(({ name, positive, horizonMs: withinMs }) => {
        const isPositive = positive.some((type) => (outcomes.get(type) ?? Infinity) <= shownAtMs + withinMs)
        return { name, value: isPositive ? 1 : 0 }
      })
    },
  }
}
