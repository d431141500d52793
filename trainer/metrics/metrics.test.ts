import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { forecastQuality } from './index.ts'

interface ReferenceCase {
  name: string
  scores: number[]
  labels: number[]
  logLoss: number | null
  baseLogLoss: number | null
  normalizedEntropy: number | null
  auc: number | null
  calibration: number | null
}
const { cases } = JSON.parse(readFileSync(new URL('./reference/metrics.json', import.meta.url), 'utf8')) as {
  cases: ReferenceCase[]
}

describe('the metrics are those of scikit-learn', () => {
  it.each(cases)('$name', ({ scores, labels, ...expected }) => {
    const quality = forecastQuality(scores.map((score, at) => ({ score, label: labels[at]! })))
    expect(quality.examples).toBe(scores.length)
    for (const name of ['logLoss', 'baseLogLoss', 'normalizedEntropy', 'auc', 'calibration'] as const) {
      const value = expected[name]
      if (value !== null) expect(quality[name], name).toBeCloseTo(value, 12)
      else if (name === 'baseLogLoss') expect(quality[name], name).toBe(0)
      else expect(quality[name], name).toBeNull()
    }
  })
})

it('says nothing of nothing', () => {
  expect(forecastQuality([])).toEqual({
    examples: 0,
    positives: 0,
    logLoss: null,
    baseLogLoss: null,
    normalizedEntropy: null,
    auc: null,
    calibration: null,
  })
})

it('keeps a wrong certainty finite', () => {
  expect(forecastQuality([{ score: 0, label: 1 }]).logLoss).toBeCloseTo(-Math.log(1e-7), 12)
})
