import type { Forecast } from '../../metrics/index.ts'

/** What a wrong yes and a wrong no cost, in the same unit. */
export interface Costs {
  falsePositive: number
  falseNegative: number
}

/** From which score on to say yes. */
export interface CostThreshold {
  threshold: number
  /** On the forecasts that it was chosen on, per row. */
  cost: number
  /** Of saying always no, and always yes. */
  costOfNever: number
  costOfAlways: number
}

/** Left out: a missed positive costs as much as so many false alarms as there are negatives per positive. */
export function costsOf(
  given: { falsePositive?: number | undefined; falseNegative?: number | undefined },
  { rows, positives }: { rows: number; positives: number },
): Costs {
  const falsePositive = given.falsePositive ?? 1
  return {
    falsePositive,
    falseNegative: given.falseNegative ?? (falsePositive * (rows - positives)) / positives,
  }
}

/** The threshold that costs least on these forecasts; of equal costs the highest. O(n log n). */
export function cheapestThreshold(
  forecasts: readonly Forecast[],
  { falsePositive, falseNegative }: Costs,
): CostThreshold {
  const sorted = [...forecasts].sort((left, right) => right.score - left.score)
  const positives = forecasts.reduce((sum, { label }) => sum + label, 0)
  const costOfNever = positives * falseNegative
  let cost = costOfNever
  // Above every score: always no.
  let best = { threshold: 1, cost }
  for (const [place, { score, label }] of sorted.entries()) {
    cost += label === 1 ? -falseNegative : falsePositive
    const next = sorted[place + 1]?.score
    if (next === score || cost >= best.cost) continue
    best = { threshold: next === undefined ? score : (score + next) / 2, cost }
  }
  const rows = Math.max(1, forecasts.length)
  return {
    threshold: best.threshold,
    cost: best.cost / rows,
    costOfNever: costOfNever / rows,
    costOfAlways: ((forecasts.length - positives) * falsePositive) / rows,
  }
}

/** Who was said yes to, and who should have been. */
export interface Confusion {
  truePositives: number
  falsePositives: number
  falseNegatives: number
  trueNegatives: number
}

export function confusionOf(forecasts: readonly Forecast[], threshold: number): Confusion {
  const confusion = { truePositives: 0, falsePositives: 0, falseNegatives: 0, trueNegatives: 0 }
  for (const { score, label } of forecasts) {
    if (score >= threshold) confusion[label === 1 ? 'truePositives' : 'falsePositives'] += 1
    else confusion[label === 1 ? 'falseNegatives' : 'trueNegatives'] += 1
  }
  return confusion
}

/** Per row. */
export const costOf = (
  { falsePositives, falseNegatives, truePositives, trueNegatives }: Confusion,
  { falsePositive, falseNegative }: Costs,
): number =>
  (falsePositives * falsePositive + falseNegatives * falseNegative) /
  Math.max(1, falsePositives + falseNegatives + truePositives + trueNegatives)
