import type { Forecast } from './log-loss.ts'

/**
 * Area under the ROC curve: probability that a positive is scored above a negative, ties count half
 * (Mann-Whitney U by mid-ranks). null without a positive or without a negative. O(n log n).
 */
export function areaUnderCurve(forecasts: readonly Forecast[]): number | null {
  const sorted = [...forecasts].sort((left, right) => left.score - right.score)
  let positives = 0
  let rankSum = 0
  for (let from = 0; from < sorted.length;) {
    let to = from
    let positivesInTie = 0
    while (to < sorted.length && sorted[to]!.score === sorted[from]!.score) {
      if (sorted[to++]!.label === 1) positivesInTie += 1
    }
    const midRank = (from + 1 + to) / 2
    rankSum += positivesInTie * midRank
    positives += positivesInTie
    from = to
  }
  const negatives = sorted.length - positives
  if (positives === 0 || negatives === 0) return null
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * negatives)
}
