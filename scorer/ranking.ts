import { fractionOf, seededOrder } from './seeded-order.ts'

export interface RankedCandidate {
  /** Index into the request's candidates. */
  candidate: number
  /** 0-based. */
  rank: number
  /** Probability with which the policy puts this candidate at this rank. */
  propensity: number
}

export interface RankingOptions {
  /** Where the policy's chance comes from. */
  requestId: string
  candidateCount: number
  /** One per candidate; null leaves the candidates in the order of the request. */
  scores: ArrayLike<number> | null
  /** Share of requests that get a uniformly random order. */
  explorationShare: number
  /** Candidates without a score: they come last, in the order of the request, and are never drawn. Left out: none. */
  unscored?: ReadonlySet<number>
}

const EXPLORE = 0x6578706c

/** Whether this request's order is drawn at random. The same for the same id. */
export function isExplored(requestId: string, explorationShare: number): boolean {
  return fractionOf(requestId, EXPLORE) < explorationShare
}

/**
 * Ranks by the mixture policy: with probability `e` (explorationShare) a uniformly random order, else the greedy
 * one (by score, ties by the order of the request). With n candidates, the propensity of candidate i at rank r is
 *
 *     e / n + (1 - e) * [greedy rank of i is r]
 *
 * which sums to 1 over the ranks of a candidate and over the candidates of a rank. It is the marginal that
 * position-based estimators divide by.
 *
 * @see Swaminathan and Joachims (2015), Counterfactual Risk Minimization; Li et al. (2018), Offline Evaluation of
 * Ranking Policies with Click Models (item-position propensities)
 */
export function rankCandidates(options: RankingOptions): RankedCandidate[] {
  const { unscored, candidateCount, scores } = options
  if (unscored === undefined || unscored.size === 0) return rankAll(options)
  const all = Array.from({ length: candidateCount }, (_, candidate) => candidate)
  const scorable = all.filter((candidate) => !unscored.has(candidate))
  const ranked = rankAll({
    ...options,
    candidateCount: scorable.length,
    scores: scores === null ? null : scorable.map((candidate) => scores[candidate]!),
  })
  const last = all.filter((candidate) => unscored.has(candidate))
  return [
    ...ranked.map((one) => ({ ...one, candidate: scorable[one.candidate]! })),
    ...last.map((candidate, n) => ({ candidate, rank: scorable.length + n, propensity: 1 })),
  ]
}

function rankAll({ requestId, candidateCount, scores, explorationShare }: RankingOptions): RankedCandidate[] {
  const greedy = greedyOrder(candidateCount, scores)
  const uniform = explorationShare / candidateCount
  if (!isExplored(requestId, explorationShare)) {
    return greedy.map((candidate, rank) => ({
      candidate,
      rank,
      propensity: uniform + (1 - explorationShare),
    }))
  }
  return seededOrder(requestId, candidateCount).map((candidate, rank) => ({
    candidate,
    rank,
    propensity: greedy[rank] === candidate ? uniform + (1 - explorationShare) : uniform,
  }))
}

function greedyOrder(count: number, scores: ArrayLike<number> | null): number[] {
  const order = Array.from({ length: count }, (_, index) => index)
  return scores === null ? order : order.sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0) || a - b)
}
