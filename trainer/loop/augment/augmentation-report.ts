import type { BacktestMetrics } from '../backtest/backtest-metrics.ts'
import type { Paired } from '../backtest/paired.ts'
import type { PartFacts, RunCalibration } from '../train/index.ts'
import type { MakingOptions } from './made-rows.ts'

/** What mock rows did (augmentation.json). Everything is judged on real rows after the cut, by scores as they would be served. */
export interface AugmentationReport {
  dataset: string
  learner: string
  label: string
  made: Omit<MakingOptions, 'labelRate'> & { labelRate: number | null }
  parts: { train: PartFacts; validation: PartFacts; test: PartFacts }
  slices: readonly AugmentedSlice[]
  overall: Compared
  labelRate: LabelRates
  calibration: { without: RunCalibration; with: RunCalibration }
  helps: boolean
  /** For people. */
  verdict: string
  limits: readonly string[]
}

export type Effect = 'better' | 'worse' | 'chance' | 'unknown'

/** Without and with mock rows, on the same test rows. */
export interface Compared {
  without: BacktestMetrics
  with: BacktestMetrics
  /** With less without. */
  difference: Paired
  effect: Effect
}

export interface AugmentedSlice extends Compared {
  slice: string
  value: string
  /** On the validation part, by which it was chosen; null: it was asked for by name. */
  chosenBy: { normalizedEntropy: number | null; gainShare: number; positives: number } | null
  training: { rows: number; positives: number }
  mock: { rows: number; positives: number }
  /** Share of positives among the training rows of the slice. */
  labelRate: { before: number; after: number }
}

/** Share of positives. */
export interface LabelRates {
  trainingBefore: number
  trainingAfter: number
  test: number
}

/** Of a slice: with fewer positive test rows an interval says nothing. */
export const JUDGED_POSITIVES_MIN = 10

export function effectOf({ normalizedEntropy }: Paired, { positives, rows }: BacktestMetrics): Effect {
  if (normalizedEntropy === null || positives < JUDGED_POSITIVES_MIN || positives === rows) return 'unknown'
  if (normalizedEntropy.high < 0) return 'better'
  return normalizedEntropy.low > 0 ? 'worse' : 'chance'
}

/** Whether mock rows are worth it, in a sentence that hides nothing. */
export function verdictOf(
  overall: Pick<Compared, 'effect'>,
  slices: readonly Pick<AugmentedSlice, 'slice' | 'value' | 'effect'>[],
): { helps: boolean; verdict: string } {
  const of = (effect: Effect) => slices.filter((one) => one.effect === effect)
  const named = (some: readonly Pick<AugmentedSlice, 'slice' | 'value'>[]) =>
    some.map(({ slice, value }) => `${slice}=${value}`).join(', ')
  const [better, worse, unknown] = [of('better'), of('worse'), of('unknown')]
  if (overall.effect === 'worse')
    return {
      helps: false,
      verdict: `It does not help: over all test rows the model is worse with the mock rows, beyond chance${better.length === 0 ? '' : `, although ${named(better)} is better`}. Leave them out.`,
    }
  if (worse.length > 0)
    return {
      helps: false,
      verdict: `It does not help: ${named(worse)} is worse with the mock rows, beyond chance${better.length === 0 ? '' : `; ${named(better)} is better`}. Leave them out${better.length === 0 ? '' : ', or make some for the better ones alone (--slice)'}.`,
    }
  if (better.length > 0)
    return {
      helps: true,
      verdict: `It helps: ${named(better)} is better with the mock rows, beyond chance, and the whole is ${overall.effect === 'better' ? 'better, too' : 'no worse that could be told from chance'}.`,
    }
  const why =
    unknown.length === slices.length && slices.length > 0
      ? `the slices have fewer than ${String(JUDGED_POSITIVES_MIN)} positive test rows each, so nothing can be said of them`
      : 'on no slice that it was meant for can the difference be told from chance'
  return {
    helps: false,
    verdict: `It does not help: ${why}${overall.effect === 'better' ? ', though the whole is better beyond chance' : ''}. Real rows of these slices are worth more: collect them, or show such items more often.`,
  }
}

export function limitsOf({ method }: Pick<MakingOptions, 'method'>, slices: number): string[] {
  return [
    method === 'smote'
      ? 'Mock rows lie between vectors of real rows of the same slice and label: they repeat what is known and hold no new kind of row; counts come out as fractions.'
      : 'Mock rows are training rows once more: the same as giving them a higher weight.',
    'Brackets resample users. They do not hold what another draw of mock rows or another fit would give: try another --seed before you rely on a small gain.',
    `${String(slices)} slice(s) are compared at 95 % each: one in twenty looks different by chance.`,
  ]
}
