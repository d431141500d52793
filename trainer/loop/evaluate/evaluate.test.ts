import { describe, expect, it } from 'vitest'
import { normalizedEntropy } from '../../metrics/index.ts'
import { backtestMetrics } from '../backtest/backtest-metrics.ts'
import { headRooms } from './head-room.ts'
import { valueOf } from './value-estimate.ts'
import { scalingPlanOf } from './scaling-plan.ts'
import { readLoopCost } from './fs-loop-cost.ts'
import { svgChart } from './svg-chart.ts'
import { compareWithOlder } from './comparison.ts'
import { sampleRun } from './testing/sample-run.ts'
import { evaluationOf } from './evaluation.ts'
import { evaluationPage } from './evaluation-page.ts'
import { evaluationText } from './evaluation-text.ts'
import { openLinearModel } from '../../testing/index.ts'

const rows = (count: number, score: number, positives: number) =>
  Array.from({ length: count }, (_, n) => ({ score, label: n < positives ? 1 : 0 }))
const metricsOf = (forecasts: { score: number; label: number }[]) =>
  backtestMetrics(forecasts, Int32Array.from(forecasts.keys()), 0.3)

describe('head-room', () => {
  // Of the same base rate: the first tag says what is true, the second half of it.
  const [good, bad] = [rows(500, 0.2, 100), rows(500, 0.05, 100)]
  const all = [...good, ...bad]
  const tag = (value: string, forecasts: typeof all) => ({
    ...{ slice: 'device', value, share: 0.5, isRare: false },
    ...metricsOf(forecasts),
  })
  const found = headRooms([tag('good', good), tag('bad', bad)], metricsOf(all))

  it('is what the whole log-loss falls by when the tag becomes as good as the best', () => {
    expect(found.map(({ value }) => value)).toEqual(['bad', 'good'])
    const fixed = metricsOf([...good, ...good]).logLoss!
    expect(found[0]!.gainAtBest).toBeCloseTo(metricsOf(all).logLoss! - fixed, 10)
    expect(found[0]!.gainAtMean).toBeCloseTo(found[0]!.gainAtBest / 2, 10)
    expect(found[1]!.gainAtMean).toBeLessThan(0)
    expect(found[0]!.reason).toBe('scores are too low')
  })

  it('passes over tags with few positives, and counts F1 as the whole would have it', () => {
    expect(headRooms([tag('few', rows(50, 0.1, 5))], metricsOf(all))).toEqual([])
    const yes = [...rows(100, 0.9, 50), ...rows(100, 0.1, 0)]
    const blind = rows(100, 0.1, 50)
    const [one] = headRooms([{ ...tag('blind', blind), share: 1 / 3 }], metricsOf([...yes, ...blind]))
    // Of the whole: precision 1/2, recall 1/2.
    const wanted = { hits: 50 + 25, falseAlarms: 50 + 25, misses: 25 }
    const f1 = (2 * wanted.hits) / (2 * wanted.hits + wanted.falseAlarms + wanted.misses)
    expect(one!.f1Gain).toBeCloseTo(f1 - 0.5, 12)
  })
})

describe('the value', () => {
  const run = sampleRun()

  it('is the first of each list against any of it, with an interval over users', () => {
    const { byModel, without, gained, way, moneyPerDay, perDay } = valueOf(run.test, {
      ...{ label: 'click', requestsPerDay: 10_000, valuePerClick: 0.5 },
    })
    expect(way).toBe('best of each list')
    // One of two is clicked in each list, and the model knows which in nine of ten.
    expect(without!.value).toBeCloseTo(500, 9)
    expect(byModel!.value).toBeCloseTo(900, 9)
    expect(gained!.low).toBeGreaterThan(200)
    expect(perDay!.value).toBeCloseTo(4_000, 9)
    expect(moneyPerDay!.value).toBeCloseTo(2_000, 9)
  })

  it('is told of the best tenth where rows stand alone', () => {
    const requests = Int32Array.from(run.test.requests.keys())
    const { way, measuredOn, without } = valueOf({ ...run.test, requests }, { label: 'click' })
    expect(way).toBe('best tenth')
    expect(measuredOn).toBe(run.test.count / 10)
    expect(without!.value).toBeCloseTo(500, 9)
  })
})

it('the scaling plan takes the loop’s own measurement', () => {
  const { metrics, data } = sampleRun()
  const cost = readLoopCost()!
  expect(cost.cpuSecondsPerMillion).toBeGreaterThan(0)
  const plan = scalingPlanOf(metrics, data, { requestsPerDay: 86_400_000 / 3, cost })
  expect(plan.peakRequestsPerSecond).toBeCloseTo(1_000, 9)
  // Two candidates each, 5 ms a thousand.
  expect(plan.scoringCores).toBeCloseTo(0.01, 9)
  expect(plan.featureCores).toBeCloseTo((4_000 * cost.cpuSecondsPerMillion) / 1e6, 9)
  expect(readLoopCost('/nowhere.json')).toBeUndefined()
})

describe('an older model', () => {
  const run = sampleRun()

  it('with other features is compared on the rows that both have', async () => {
    const other = sampleRun({ known: 0.6, runId: 'older' })
    const older = { ...other, manifest: { ...other.manifest, featureSetId: 'another' } }
    const { rows: count, difference, sentence } = await compareWithOlder(run, older, openLinearModel)
    expect(count).toBe(run.test.count)
    expect(difference!.normalizedEntropy!.high).toBeLessThan(0)
    expect(sentence).toContain('has other features')
  })

  it('with the same features is asked for the same rows', async () => {
    const { older, newer, difference } = await compareWithOlder(
      run,
      sampleRun({ runId: 'half' }),
      openLinearModel,
    )
    expect(older!.logLoss).toBeCloseTo(Math.LN2, 6)
    expect(newer!.logLoss).toBeCloseTo(run.metrics.test.logLoss!, 12)
    expect(difference!.normalizedEntropy!.high).toBeLessThan(0)
  })

  it('of another label is not', async () => {
    const { metrics, data } = run
    const older = { ...run, metrics, data: { ...data, label: 'like' } }
    const { difference, sentence } = await compareWithOlder(run, older, openLinearModel)
    expect(difference).toBeNull()
    expect(sentence).toBe('it predicts like, not click: they cannot be compared')
  })
})

describe('the evaluation', () => {
  const shown = { older: null, cost: undefined }

  it('says in a sentence whether the model works, and what to do', () => {
    const good = evaluationOf(sampleRun(), shown)
    expect(good.feasibility.verdict).toBe('works')
    expect(good.next.at(-1)).toContain('Try it on a part of the live traffic')
    const few = evaluationOf(sampleRun({ lists: 20 }), shown)
    expect(few.feasibility.verdict).toBe('too few')
    expect(few.next[0]).toContain('Collect more data')
    const leak = { column: 'knows', auc: 0.999 }
    const run = sampleRun()
    const leaky = evaluationOf({ ...run, data: { ...run.data, leaks: [leak] } }, shown)
    expect(leaky.next[0]).toContain('Look at knows before anything else')
    expect(leaky.next.join()).not.toContain('live traffic')
    expect(evaluationText(good)).toContain('what to do next:')
  })

  it('is one page that needs no network and no script, and holds names as text', () => {
    const run = sampleRun()
    const odd = { ...run, data: { ...run.data, dataset: '<b>odd</b> & more' } }
    const page = evaluationPage(evaluationOf(odd, shown))
    expect(page).not.toMatch(/<script|(src|href)=|https?:/)
    expect(page).toContain('Model report: &lt;b&gt;odd&lt;/b&gt; &amp; more')
    expect(page).not.toMatch(/NaN|undefined|Infinity/)
    for (const heading of ['What to do next', 'What it is worth', 'Where it is weak', 'Labels', 'Words'])
      expect(page).toContain(heading)
  })
})

it('a chart stays within its box', () => {
  const axis = { title: '', from: 0, to: 1, tell: String }
  const svg = svgChart({
    ...{ label: 'a', x: axis, y: axis },
    lines: [
      {
        points: [
          [0, 0],
          [1, 1],
        ],
      },
    ],
  })
  expect(svg).toContain('points="52.0,238.0 408.0,10.0"')
})

it('the sample is as good as it says', () => {
  const { test } = sampleRun()
  const forecasts = Array.from(test.scores, (score, at) => ({ score, label: test.labels[at]! }))
  expect(normalizedEntropy(forecasts)).toBeLessThan(0.6)
})
