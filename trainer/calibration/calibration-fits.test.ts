import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { calibrateOf, logOddsOf, probabilityOf } from '#scorer/model'
import { createChance } from '#schemas/testing'
import { fitBaseRate } from './base-rate.ts'
import { chooseCalibration } from './choose-calibration.ts'
import { fitIsotonic, KNOT_POSITIVES_MIN, pooledBlocks } from './isotonic.ts'
import { fitPlatt } from './platt.ts'
import type { ScoredRows } from './scored-rows.ts'

interface ReferenceCase {
  name: string
  logOdds: number[]
  labels: number[]
  shift: number
  slope: number
  intercept: number
  rates: number[]
}
interface ReferenceCurve {
  xs: number[]
  ys: number[]
  at: number[]
  values: number[]
}
const { cases, curves } = JSON.parse(
  readFileSync(new URL('./reference/calibration.json', import.meta.url), 'utf8'),
) as { cases: ReferenceCase[]; curves: ReferenceCurve[] }

const rowsOf = ({ logOdds, labels }: Pick<ReferenceCase, 'logOdds' | 'labels'>): ScoredRows => ({
  logOdds: Float64Array.from(logOdds),
  labels: Uint8Array.from(labels),
})

/** Rows whose truth is sigmoid(trueLogOddsOf(what the model says)). */
function drawn(count: number, trueLogOddsOf: (logOdds: number) => number, seed = 1): ScoredRows {
  const chance = createChance(seed)
  const logOdds = Float64Array.from({ length: count }, () => -1 + 5 * (chance() + chance() - 1))
  const labels = Uint8Array.from(logOdds, (value) => (chance() < probabilityOf(trueLogOddsOf(value)) ? 1 : 0))
  return { logOdds, labels }
}

describe('fits are those of scikit-learn and scipy', () => {
  it.each(cases)('$name', ({ shift, slope, intercept, rates, ...rows }) => {
    expect(fitBaseRate(rowsOf(rows)).shift).toBeCloseTo(shift, 8)
    const platt = fitPlatt(rowsOf(rows))
    // scikit-learn stops a little before the best.
    expect(platt.slope).toBeCloseTo(slope, 3)
    expect(platt.intercept).toBeCloseTo(intercept, 3)
    const sorted = [...rows.logOdds.keys()].sort((one, other) => rows.logOdds[one]! - rows.logOdds[other]!)
    const pooled = pooledBlocks(rowsOf(rows)).flatMap(({ count, positives }) =>
      Array.from({ length: count }, () => positives / count),
    )
    for (const [at, row] of sorted.entries()) expect(pooled[at]).toBeCloseTo(rates[row]!, 10)
  })

  it.each(curves)('the curve through $xs', ({ xs, ys, at, values }) => {
    const calibrate = calibrateOf({
      modelId: 'm',
      calibration: { kind: 'isotonic', logOdds: xs, calibrated: ys },
    })
    for (const [n, x] of at.entries())
      expect(logOddsOf(calibrate(probabilityOf(x)))).toBeCloseTo(values[n]!, 8)
  })
})

describe('smoothed isotonic regression', () => {
  it('stands on blocks with enough of both labels, and rises between and beyond them', () => {
    const rows = drawn(20_000, (logOdds) => Math.sign(logOdds) * logOdds ** 2)
    const fitted = fitIsotonic(rows)!
    expect(fitted.logOdds.length).toBeGreaterThan(5)
    const calibrate = calibrateOf({ modelId: 'm', calibration: fitted })
    let before = 0
    for (let n = 1; n < 2_000; n++) {
      const calibrated = Math.fround(calibrate(Math.fround(n / 2_000)))
      expect(calibrated).toBeGreaterThan(before)
      before = calibrated
    }
    expect(before).toBeLessThan(1)
    for (const score of [0.1, 0.2, 0.5]) {
      const truth = probabilityOf(Math.sign(logOddsOf(score)) * logOddsOf(score) ** 2)
      expect(Math.abs(calibrate(score) - truth)).toBeLessThan(0.04)
    }
  })

  it('says nothing of too few labels', () => {
    const few = drawn(2 * KNOT_POSITIVES_MIN, (logOdds) => logOdds)
    expect(fitIsotonic(few)).toBeUndefined()
  })
})

describe('the choice of a calibration', () => {
  it.each([
    ['scores that are true', 20_000, (logOdds: number) => logOdds, 'identity'],
    ['few rows, all too high', 400, (logOdds: number) => logOdds - 1.2, 'base-rate'],
    ['too high', 20_000, (logOdds: number) => logOdds - 0.5, 'base-rate'],
    ['too sure', 4_000, (logOdds: number) => 0.5 * logOdds, 'platt'],
    [
      'wrong in a curve',
      20_000,
      (logOdds: number) => (logOdds > 0 ? 0.3 * logOdds : 1.6 * logOdds),
      'isotonic',
    ],
  ])('%s', (_what, count, trueLogOddsOf, kind) => {
    expect(chooseCalibration(drawn(count, trueLogOddsOf)).kind).toBe(kind)
  })

  it('is among what may be chosen', () => {
    const rows = drawn(4_000, (logOdds) => 0.5 * logOdds - 1)
    expect(chooseCalibration(rows, ['base-rate']).kind).toBe('base-rate')
    expect(chooseCalibration(rows, []).kind).toBe('identity')
  })

  it('leaves scores as they are where there is nothing to learn from', () => {
    const none = { logOdds: new Float64Array(0), labels: new Uint8Array(0) }
    const alike = { logOdds: Float64Array.from({ length: 500 }, () => -1), labels: new Uint8Array(500) }
    // Positives only in the half that judges.
    const late = Uint8Array.from({ length: 500 }, (_, row) => (row > 400 ? 1 : 0))
    const rows = [none, alike, { ...alike, labels: late }]
    for (const one of rows) expect(chooseCalibration(one).kind).toBe('identity')
  })

  it('is never upside down', () => {
    expect(chooseCalibration(drawn(4_000, (logOdds) => -logOdds)).kind).not.toBe('platt')
  })

  it('hardly ever harms what comes after', () => {
    let [saved, worst] = [0, 0]
    for (let seed = 1; seed <= 10; seed++) {
      const rows = drawn(3_000, (logOdds) => logOdds, seed)
      const later = drawn(5_000, (logOdds) => logOdds, 100 + seed)
      const calibrate = calibrateOf({ modelId: 'm', calibration: chooseCalibration(rows) })
      const lossBy = (score: (value: number) => number) =>
        later.labels.reduce((sum, label, row) => {
          const said = score(probabilityOf(later.logOdds[row]!))
          return sum - Math.log(label === 1 ? said : 1 - said)
        }, 0) / later.labels.length
      const share = 1 - lossBy(calibrate) / lossBy((value) => value)
      saved += share / 10
      worst = Math.min(worst, share)
    }
    expect(saved).toBeGreaterThan(-0.001)
    expect(worst).toBeGreaterThan(-0.005)
  })
})
