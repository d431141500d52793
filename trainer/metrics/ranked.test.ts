import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { brierScore, calibrationError, type Forecast, requestQuality, thresholdQuality } from './index.ts'

interface ReferenceCase {
  name: string
  threshold: number
  requests: [score: number, label: number][][]
  [metric: string]: unknown
}
const { cases } = JSON.parse(readFileSync(new URL('./reference/ranked.json', import.meta.url), 'utf8')) as {
  cases: ReferenceCase[]
}

describe('metrics of requests, thresholds and calibration are those of scikit-learn', () => {
  it.each(cases)('$name', ({ threshold, requests, ...expected }) => {
    const shown = requests.map((one) => one.map(([score, label]): Forecast => ({ score, label })))
    const all = shown.flat()
    const found: Record<string, number | null> = {
      ...requestQuality(shown),
      ...thresholdQuality(all, threshold),
      brier: brierScore(all),
      ece: calibrationError(all)!.ece,
    }
    const names = ['groupedAuc', 'ndcg10', 'brier', 'ece', 'accuracy', 'precision', 'recall', 'f1']
    for (const name of names) {
      if (expected[name] === null) expect(found[name], name).toBeNull()
      else expect(found[name], name).toBeCloseTo(expected[name] as number, 12)
    }
  })
})

it('says nothing of nothing', () => {
  expect([brierScore([]), calibrationError([])]).toEqual([null, null])
  expect(requestQuality([])).toEqual({ requests: 0, groupedAuc: null, ndcg10: null })
  expect(thresholdQuality([], 0.5)).toEqual({ accuracy: null, precision: null, recall: null, f1: null })
})

describe('the noise floor of the calibration error', () => {
  /** Scores 1 / 50 to 49 / 50, each so often true as it says, as far as whole numbers go. */
  const rows = (perScore: number) =>
    Array.from({ length: 49 }, (_, n) => (n + 1) / 50).flatMap((score) =>
      Array.from({ length: perScore }, (_, k) => ({ score, label: k < score * perScore ? 1 : 0 })),
    )

  it('falls with the root of the rows', () => {
    const [few, many] = [calibrationError(rows(50))!, calibrationError(rows(5_000))!]
    expect(many.noiseFloor / few.noiseFloor).toBeCloseTo(0.1, 6)
  })

  it('is above what exact scores show, and below what wrong ones do', () => {
    const { ece, noiseFloor } = calibrationError(rows(100))!
    expect(ece).toBeLessThan(noiseFloor)
    const wrong = rows(100).map(({ score, label }) => ({ score: score ** 2, label }))
    expect(calibrationError(wrong)!.ece).toBeGreaterThan(3 * noiseFloor)
  })
})
