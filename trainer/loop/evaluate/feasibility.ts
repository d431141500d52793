import type { BacktestMetrics } from '../backtest/backtest-metrics.ts'
import type { Interval } from '../backtest/paired.ts'
import type { DataReport } from '../train/index.ts'

/** Whether the data can carry a statement at all. */
export interface Feasibility {
  rows: number
  positives: number
  baseRate: number
  testRows: number
  testPositives: number
  /** Normalized entropy: differences smaller than it are chance on this test part. null: nothing can be said. */
  noiseFloor: number | null
  /** Test rows needed to tell a difference of one hundredth from chance. */
  testRowsForOnePercent: number | null
  /** Share of rows that say another label than the one before of the same key. */
  contradictoryShare: number
  verdict: 'works' | 'unclear' | 'worse' | 'too few'
  sentence: string
}

const POSITIVES_MIN = 30

/** @param againstBaseRate the model less the base rate; null: nothing can be said */
export function feasibilityOf(
  data: DataReport,
  test: BacktestMetrics,
  againstBaseRate: Interval | null,
): Feasibility {
  const noiseFloor = againstBaseRate === null ? null : (againstBaseRate.high - againstBaseRate.low) / 2
  const verdict =
    test.positives < POSITIVES_MIN || againstBaseRate === null
      ? 'too few'
      : againstBaseRate.high < 0
        ? 'works'
        : againstBaseRate.low > 0
          ? 'worse'
          : 'unclear'
  return {
    rows: data.rows,
    positives: data.positives,
    baseRate: data.positives / data.rows,
    testRows: test.rows,
    testPositives: test.positives,
    noiseFloor,
    testRowsForOnePercent:
      noiseFloor === null ? null : Math.ceil(test.rows * Math.max(1, (noiseFloor / 0.01) ** 2)),
    contradictoryShare: data.audit.contradictory.rows / (data.rows + data.audit.contradictory.rows),
    verdict,
    sentence: SENTENCES[verdict](data.label, test, againstBaseRate),
  }
}

type Sentence = (label: string, test: BacktestMetrics, against: Interval | null) => string

const SENTENCES: Record<Feasibility['verdict'], Sentence> = {
  works: (label, _, against) =>
    `The model knows something about ${label}: it is better than always saying the mean, and that is not chance (${points(against!)} of the uncertainty is gone).`,
  unclear: (label) =>
    `It is not shown that the model knows anything about ${label}: on these test rows it cannot be told from always saying the mean.`,
  worse: (label) =>
    `The model is worse than always saying the mean of ${label}: it learned something that was no longer true later.`,
  'too few': (label, { positives }) =>
    `With ${String(positives)} ${label}${positives === 1 ? '' : 's'} in the test rows nothing can be said for certain: about 30 are the least, hundreds are good.`,
}

const points = ({ difference, low, high }: Interval) =>
  `${percent(-difference)}, in 95 of 100 cases between ${percent(-high)} and ${percent(-low)}`
const percent = (share: number) => `${(100 * share).toFixed(1)} %`
