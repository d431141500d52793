import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isExplored, rankCandidates } from './ranking.ts'

const idWhere = (isWanted: (id: string) => boolean) => {
  for (let at = 0; ; at++) if (isWanted(`r${at}`)) return `r${at}`
}

describe('rankCandidates', () => {
  it('ranks by score, ties by the order of the request', () => {
    const ranking = rankCandidates({
      requestId: 'r',
      candidateCount: 4,
      scores: [0.1, 0.5, 0.5, 0.9],
      explorationShare: 0,
    })
    expect(ranking).toEqual([
      { candidate: 3, rank: 0, propensity: 1 },
      { candidate: 1, rank: 1, propensity: 1 },
      { candidate: 2, rank: 2, propensity: 1 },
      { candidate: 0, rank: 3, propensity: 1 },
    ])
  })

  it('keeps the order of the request without scores', () => {
    const ranking = rankCandidates({ requestId: 'r', candidateCount: 3, scores: null, explorationShare: 0 })
    expect(ranking.map(({ candidate }) => candidate)).toEqual([0, 1, 2])
  })

  it('puts candidates that are not scored last, always, and draws among the others', () => {
    const unscored = new Set([1, 3])
    const options = { candidateCount: 4, scores: [0.1, 0.9, 0.5, 0.8], unscored }
    expect(rankCandidates({ requestId: 'r', ...options, explorationShare: 0 })).toEqual([
      { candidate: 2, rank: 0, propensity: 1 },
      { candidate: 0, rank: 1, propensity: 1 },
      { candidate: 1, rank: 2, propensity: 1 },
      { candidate: 3, rank: 3, propensity: 1 },
    ])
    const drawn = rankCandidates({ requestId: 'r', ...options, scores: null, explorationShare: 1 })
    expect(drawn.map(({ propensity }) => propensity)).toEqual([0.5, 0.5, 1, 1])
    expect(drawn.slice(2).map(({ candidate }) => candidate)).toEqual([1, 3])
    const none = rankCandidates({
      requestId: 'r',
      candidateCount: 2,
      scores: null,
      explorationShare: 1,
      unscored: new Set([0, 1]),
    })
    expect(none.map(({ candidate, rank }) => [candidate, rank])).toEqual([
      [0, 0],
      [1, 1],
    ])
  })

  it('gives every rank the same propensity when everything is explored', () => {
    const ranking = rankCandidates({
      requestId: 'r',
      candidateCount: 4,
      scores: [1, 0, 0, 0],
      explorationShare: 1,
    })
    expect(ranking.map(({ propensity }) => propensity)).toEqual([0.25, 0.25, 0.25, 0.25])
  })

  it('states e/n + (1-e) at the greedy rank and e/n elsewhere, whatever was drawn', () => {
    const options = { candidateCount: 4, scores: [0.4, 0.3, 0.2, 0.1], explorationShare: 0.2 }
    const greedyId = idWhere((id) => !isExplored(id, 0.2))
    for (const { propensity } of rankCandidates({ requestId: greedyId, ...options }))
      expect(propensity).toBeCloseTo(0.85, 12)
    const exploredId = idWhere((id) => isExplored(id, 0.2))
    for (const { candidate, rank, propensity } of rankCandidates({ requestId: exploredId, ...options })) {
      expect(propensity).toBeCloseTo(candidate === rank ? 0.85 : 0.05, 12)
    }
  })

  it('draws what it states: frequencies over requests are the propensities', () => {
    const scores = [0.9, 0.5, 0.1]
    const explorationShare = 0.3
    const requests = 30_000
    const seen = scores.map(() => scores.map(() => 0))
    for (let id = 0; id < requests; id++) {
      for (const { candidate, rank } of rankCandidates({
        requestId: `q${id}`,
        candidateCount: 3,
        scores,
        explorationShare,
      })) {
        const row = seen[candidate] as number[]
        row[rank] = (row[rank] as number) + 1
      }
    }
    seen.forEach((row, candidate) =>
      row.forEach((times, rank) => {
        const propensity = explorationShare / 3 + (candidate === rank ? 1 - explorationShare : 0)
        // Four standard errors.
        expect(Math.abs(times / requests - propensity)).toBeLessThan(
          4 * Math.sqrt((propensity * (1 - propensity)) / requests),
        )
      }),
    )
  })

  it('is a permutation whose propensities, over the ranks of a candidate, sum to 1', () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true })
    const scores = fc.array(fc.float({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 60 })
    fc.assert(
      fc.property(fc.string(), scores, share, (requestId, given, explorationShare) => {
        const n = given.length
        const ranking = rankCandidates({ requestId, candidateCount: n, scores: given, explorationShare })
        expect(ranking.map(({ rank }) => rank)).toEqual(given.map((_, rank) => rank))
        expect(new Set(ranking.map(({ candidate }) => candidate)).size).toBe(n)
        const atGreedy = explorationShare / n + (1 - explorationShare)
        expect(atGreedy + (n - 1) * (explorationShare / n)).toBeCloseTo(1, 9)
        for (const { propensity } of ranking) expect([atGreedy, explorationShare / n]).toContain(propensity)
      }),
    )
  })
})
