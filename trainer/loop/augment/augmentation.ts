import { backtestMetrics } from '../backtest/backtest-metrics.ts'
import { pairedDifference } from '../backtest/paired.ts'
import {
  fitAndJudge,
  type JudgedFit,
  type MockRows,
  readyData,
  type SplitRows,
  type TrainingOptions,
} from '../train/index.ts'
import {
  type AugmentationReport,
  type AugmentedSlice,
  type Compared,
  effectOf,
  type LabelRates,
  limitsOf,
  verdictOf,
} from './augmentation-report.ts'
import { madeRows, type MakingOptions } from './made-rows.ts'
import { namedSlices, type WeakSlice, worstSlices } from './weak-slices.ts'

export interface AugmentationOptions {
  training: TrainingOptions
  making: MakingOptions
  /** Slices by name; empty: the worst ones. */
  named: readonly string[]
  worstMax: number
}

export interface Augmentation {
  report: AugmentationReport
  mock: MockRows
}

/**
 * Makes mock rows for weak slices and finds out what they do: one learner, one split, one seed, trained without and with them,
 * both calibrated by the same real validation rows and judged on the same real test rows.
 *
 * @throws TrainingError when data and options allow no mock rows, or nothing can be trained
 */
export async function augment(options: AugmentationOptions): Promise<Augmentation> {
  const { training, making, named, worstMax } = options
  const { split, weights, data } = await readyData(training)
  // Names are looked up before anything is fitted: a wrong one costs no fit.
  const asked = namedSlices(split, named)
  const without = await fitAndJudge(split, { weights }, training)
  const { threshold } = without.judged.threshold
  const slices =
    asked.length > 0 ? asked : worstSlices(split, { scores: without.validationScores, threshold }, worstMax)
  training.onStage('makes mock rows')
  const { mock, bySlice } = madeRows(split, slices, making)
  const withMock = await fitAndJudge(split, { weights, mock }, training)
  training.onStage('compares')
  const compared = comparisonOf(split, { without, withMock, seed: String(training.seed) })
  const augmented = slices.map((slice, at): AugmentedSlice => {
    const positives = positivesOf(split, slice.training)
    const { rows: mockRows, positives: mockPositives } = bySlice[at]!
    return {
      slice: slice.slice,
      value: slice.value,
      chosenBy: chosenBy(slice),
      training: { rows: slice.training.length, positives },
      mock: { rows: mockRows, positives: mockPositives },
      labelRate: {
        before: positives / slice.training.length,
        after: (positives + mockPositives) / (slice.training.length + mockRows),
      },
      ...compared(slice.test),
    }
  })
  const overall = compared(Array.from(split.parts.test.keys()))
  return {
    mock,
    report: {
      dataset: data.dataset,
      learner: without.judged.learner,
      label: data.label,
      made: { ...making, labelRate: making.labelRate ?? null },
      parts: { train: data.split.train, validation: data.split.validation, test: data.split.test },
      slices: augmented,
      overall,
      labelRate: labelRates(split, mock),
      calibration: { without: without.judged.calibration, with: withMock.judged.calibration },
      ...verdictOf(overall, augmented),
      limits: limitsOf(making, augmented.length),
    },
  }
}

interface Both {
  without: JudgedFit
  withMock: JudgedFit
  seed: string
}

/** @returns compares the two on these places of the test part, in order */
function comparisonOf({ played, rows, parts }: SplitRows, { without, withMock, seed }: Both) {
  const { labels, requests } = without.test
  const users = Int32Array.from(parts.test, (row) => played.rows.users[rows.places[row]!]!)
  return function compared(at: readonly number[]): Compared {
    const forecasts = ({ test }: JudgedFit) =>
      at.map((place) => ({ score: test.scores[place]!, label: labels[place]! }))
    const [one, other] = [forecasts(withMock), forecasts(without)]
    const shown = at.map((place) => requests[place]!)
    const metrics = {
      without: backtestMetrics(other, shown, without.judged.threshold.threshold),
      with: backtestMetrics(one, shown, withMock.judged.threshold.threshold),
    }
    const asked = { users: at.map((place) => users[place]!), requests: shown, one, other }
    const difference = pairedDifference(asked, `${seed}/augment`)
    return { ...metrics, difference, effect: effectOf(difference, metrics.with) }
  }
}

const positivesOf = ({ rows }: SplitRows, part: Int32Array) =>
  part.reduce((sum, row) => sum + rows.labels[row]!, 0)

function labelRates(split: SplitRows, { rows: mock }: MockRows): LabelRates {
  const { train, test } = split.parts
  const positives = positivesOf(split, train)
  const mocks = mock.labels.reduce((sum, label) => sum + label, 0)
  return {
    trainingBefore: positives / train.length,
    trainingAfter: (positives + mocks) / (train.length + mock.count),
    test: positivesOf(split, test) / test.length,
  }
}

function chosenBy({ validation, gainShare }: WeakSlice): AugmentedSlice['chosenBy'] {
  if (validation === null || gainShare === null) return null
  const { normalizedEntropy, positives } = validation
  return { normalizedEntropy, gainShare, positives }
}
