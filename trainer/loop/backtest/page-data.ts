import type { BacktestReport, BacktestResult, SliceResult } from './backtest-report.ts'

/** What the page's script draws. */
export interface PageData {
  names: string[]
  /** Seconds, as uPlot takes them. */
  series: { name: string; at: number[]; entropy: (number | null)[] }[]
  /** When a model of the first learner went live, seconds. */
  retrains: number[]
  reliability: { name: string; score: number[]; rate: number[] }[]
  roc: Curve[]
  precisionRecall: Curve[]
}

interface Curve {
  name: string
  /** At 0, 0.01, ... 1. */
  y: (number | null)[]
}

/** More lines than this nobody tells apart. */
const LINES_MAX = 6
export const GRID = Array.from({ length: 101 }, (_, n) => n / 100)

export const labelOf = ({ name, gate, kind }: BacktestResult): string =>
  kind === 'learner' && gate === 'live' ? `${name}, gate` : name

/** Learners, and for the course of time the baselines too. */
export function pageDataOf({ results }: BacktestReport): PageData {
  const learners = results.filter(({ kind }) => kind === 'learner').slice(0, LINES_MAX)
  const inTime = [...learners, ...results.filter(({ kind }) => kind === 'baseline')].slice(0, LINES_MAX + 3)
  return {
    names: learners.map(labelOf),
    series: inTime.map((result) => ({
      name: labelOf(result),
      at: result.curves.series.map(({ atMs }) => atMs / 1_000),
      entropy: result.curves.series.map(({ normalizedEntropy }) => normalizedEntropy),
    })),
    retrains: results[0]!.live.map(({ atMs }) => atMs / 1_000),
    reliability: learners.map((result) => ({
      name: labelOf(result),
      score: result.curves.reliability.map(({ meanScore }) => meanScore),
      rate: result.curves.reliability.map(({ rate }) => rate),
    })),
    roc: learners.map((result) => ({ name: labelOf(result), y: onGrid(result.curves.roc) })),
    precisionRecall: learners.map((result) => ({
      name: labelOf(result),
      y: onGrid(result.curves.precisionRecall),
    })),
  }
}

/** Straight lines between the points, which are in the order of x. */
function onGrid(points: readonly [number, number][]): (number | null)[] {
  let next = 0
  return GRID.map((x) => {
    while (next < points.length && points[next]![0] < x) next++
    const after = points[next]
    if (after === undefined) return null
    const before = points[next - 1]
    if (before === undefined || after[0] === before[0]) return after[1]
    return before[1] + ((after[1] - before[1]) * (x - before[0])) / (after[0] - before[0])
  })
}

const WORST_MAX = 12
/** Smaller parts are chance. */
const SHARE_MIN = 0.01
const POSITIVES_MIN = 10

/** Where the first learner is furthest from the base rate of the same rows, or beyond it. */
export function worstSlices({ slices }: Pick<BacktestReport, 'slices'>): SliceResult[] {
  return slices
    .filter(
      ({ share, positives, normalizedEntropy }) =>
        normalizedEntropy !== null && share >= SHARE_MIN && share < 1 && positives >= POSITIVES_MIN,
    )
    .sort((left, right) => right.normalizedEntropy! - left.normalizedEntropy!)
    .slice(0, WORST_MAX)
}
