import { areaUnderCurve } from './auc.ts'
import type { Forecast } from './log-loss.ts'

/** How well the shown items of each request were ordered. null: no request showed an order. */
export interface RequestQuality {
  /** Requests with a positive and a negative: the others say nothing of an order. */
  requests: number
  /** Mean of their AUC, every request alike. */
  groupedAuc: number | null
  /** Mean of their NDCG@10. */
  ndcg10: number | null
}

/** Of one request that has a positive and a negative. */
export interface RequestOrder {
  auc: number
  ndcg10: number
}

const NDCG_RANKS = 10

/** O(n log n) of the longest request. */
export function requestQuality(requests: Iterable<readonly Forecast[]>): RequestQuality {
  let [count, aucSum, ndcgSum] = [0, 0, 0]
  for (const shown of requests) {
    const order = requestOrder(shown)
    if (order === null) continue
    count += 1
    aucSum += order.auc
    ndcgSum += order.ndcg10
  }
  return {
    requests: count,
    groupedAuc: count === 0 ? null : aucSum / count,
    ndcg10: count === 0 ? null : ndcgSum / count,
  }
}

/** null: all labels are alike. */
export function requestOrder(shown: readonly Forecast[]): RequestOrder | null {
  const auc = areaUnderCurve(shown)
  return auc === null ? null : { auc, ndcg10: ndcgAt(shown, NDCG_RANKS) }
}

/**
 * Normalized discounted cumulative gain of the first ranks, a positive gaining 1; equal scores share what their ranks
 * gain. Needs a positive. Same as `sklearn.metrics.ndcg_score`.
 *
 * @see K. Jarvelin and J. Kekalainen (2002), Cumulated gain-based evaluation of IR techniques, ACM TOIS 20.
 */
export function ndcgAt(shown: readonly Forecast[], ranks: number): number {
  const sorted = [...shown].sort((left, right) => right.score - left.score)
  let [gain, positives] = [0, 0]
  for (let from = 0; from < sorted.length;) {
    let to = from
    let [inTie, discounts] = [0, 0]
    while (to < sorted.length && sorted[to]!.score === sorted[from]!.score) {
      if (to < ranks) discounts += discountOf(to)
      inTie += sorted[to++]!.label
    }
    gain += (inTie / (to - from)) * discounts
    positives += inTie
    from = to
  }
  let ideal = 0
  for (let rank = 0; rank < Math.min(positives, ranks); rank++) ideal += discountOf(rank)
  return gain / ideal
}

const discountOf = (rank: number) => 1 / Math.log2(rank + 2)
