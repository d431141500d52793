import { describe, expect, it } from 'vitest'
import { leaksIn, shiftsBetween } from './column-checks.ts'
import { cheapestThreshold, confusionOf, costOf, costsOf } from './cost-threshold.ts'
import { partsByTime } from './parts-by-time.ts'
import { judgeSanity, sanityRows } from './sanity-check.ts'
import { balanceUsers } from './user-balance.ts'

const forecasts = [0.9, 0.8, 0.6, 0.4, 0.4, 0.1].map((score, at) => ({
  score,
  label: [1, 0, 1, 1, 0, 0][at]!,
}))

describe('the threshold', () => {
  const costAt = (threshold: number, costs = { falsePositive: 1, falseNegative: 2 }) =>
    costOf(confusionOf(forecasts, threshold), costs)

  it('costs no more than any other', () => {
    for (const falseNegative of [0.1, 1, 2, 20]) {
      const costs = { falsePositive: 1, falseNegative }
      const { threshold, cost } = cheapestThreshold(forecasts, costs)
      expect(cost).toBeCloseTo(costAt(threshold, costs), 12)
      for (const other of [0, 0.05, 0.2, 0.5, 0.7, 0.85, 1])
        expect(cost).toBeLessThanOrEqual(costAt(other, costs) + 1e-12)
    }
  })

  it('lies between two scores, never within equal ones', () => {
    const { threshold } = cheapestThreshold(forecasts, { falsePositive: 1, falseNegative: 2 })
    expect(threshold).toBeCloseTo(0.25, 12)
    expect(confusionOf(forecasts, threshold)).toEqual({
      ...{ truePositives: 3, falsePositives: 2 },
      ...{ falseNegatives: 0, trueNegatives: 1 },
    })
  })

  it('weighs a miss by the negatives per positive when nothing is said', () => {
    expect(costsOf({}, { rows: 100, positives: 4 })).toEqual({ falsePositive: 1, falseNegative: 24 })
    expect(costsOf({ falseNegative: 3 }, { rows: 100, positives: 4 })).toEqual({
      falsePositive: 1,
      falseNegative: 3,
    })
  })
})

it('parts are cut between two moments, and leave out labels that were known too late', () => {
  const occurredAtMs = Float64Array.of(0, 1, 2, 3, 4, 5, 5, 5, 8, 9)
  const rows = {
    count: 10,
    labels: Uint8Array.of(0, 1, 0, 1, 0, 1, 0, 1, 1, 0),
    occurredAtMs,
    maturedAtMs: occurredAtMs.map((atMs) => atMs + 2),
  }
  // A cut at 60 % would fall among the three of the moment 5.
  const parts = partsByTime(rows, { validation: 0.2, test: 0.2 }, 'click')
  expect(parts.validationFromMs).toBe(5)
  expect([...parts.train]).toEqual([0, 1, 2, 3])
  expect([...parts.validation]).toEqual([5, 6, 7])
  expect([...parts.test]).toEqual([8, 9])
  expect(parts.notKnownInTime).toBe(1)
})

it('rows of a busy user weigh as those of one with as many as are counted', () => {
  const users = [...Array<string>(60).fill('busy'), 'a', 'b']
  const { weights, balance } = balanceUsers(users, ['a', 'new'], 12)
  expect(weights!.slice(0, 60).reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(12, 5)
  expect([...weights!.slice(60)]).toEqual([1, 1])
  expect(balance).toMatchObject({ users: 3, capped: 1, testUsers: { seen: 1, unseen: 1 } })
  expect(balance.busiestShare).toEqual({ before: 60 / 62, after: 12 / 14 })
  expect(balanceUsers(users, []).balance).toMatchObject({ rowsCounted: 50, capped: 1 })
  expect(balanceUsers(['a', 'b'], []).weights).toBeUndefined()
})

describe('the sanity check', () => {
  it('takes half positives where there are as many, over the whole time', () => {
    const labels = Uint8Array.from({ length: 1_000 }, (_, row) => (row % 10 === 0 ? 1 : 0))
    const all = Int32Array.from({ length: 1_000 }, (_, row) => row)
    const rows = sanityRows({ labels }, all)
    expect(rows).toHaveLength(100)
    expect(rows.filter((row) => labels[row] === 1)).toHaveLength(50)
    expect(rows.at(-1)).toBeGreaterThan(950)
  })

  it('blames the features when equal rows have both labels', () => {
    const same = Array.from({ length: 10 }, (_, row) => ({ score: 0.5, label: row % 2 }))
    const { passed, sentence } = judgeSanity('gbdt', same, { vectors: new Float32Array(10), width: 1 })
    expect(passed).toBe(false)
    expect(sentence).toContain('Rows with the same features have both labels')
  })
})

it('finds the column that knows the label, whichever way round, and the one that moved', () => {
  const rows = 100
  const labels = Uint8Array.from({ length: rows }, (_, row) => row % 2)
  const vectors = Float32Array.from({ length: rows * 2 }, (_, at) =>
    at % 2 === 0 ? 1 - labels[at >> 1]! : ((at >> 1) * 7) % 13,
  )
  const block = { vectors, labels, width: 2 }
  expect(leaksIn(block, ['knows', 'noise'])).toEqual([{ column: 'knows', auc: 1 }])
  const moved = { ...block, vectors: vectors.map((value, at) => (at % 2 === 0 ? value : value + 20)) }
  const columns = ['knows', 'noise'].map((column) => ({ column, movesByItself: false }))
  expect(shiftsBetween(block, moved, columns).map(({ column }) => column)).toEqual(['noise', 'knows'])
})
