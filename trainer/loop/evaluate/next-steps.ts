import { BASE_RATE } from '../backtest/played.ts'
import type { Evaluation } from './evaluation.ts'
import { Z_CERTAIN } from './halves-drift.ts'

type Found = Omit<Evaluation, 'next'>

/** What to do next, in the order of what matters most: what makes the rest untrue first. */
export function nextSteps(found: Found): string[] {
  return [
    ...leakSteps(found),
    ...labelSteps(found),
    ...dataSteps(found),
    ...baselineSteps(found),
    ...olderSteps(found),
    ...overfitSteps(found),
    ...calibrationSteps(found),
    ...tagSteps(found),
    ...driftSteps(found),
    ...goOn(found),
  ]
}

function leakSteps({ leaks }: Found): string[] {
  return leaks
    .slice(0, 3)
    .map(
      ({ column }) =>
        `Look at ${column} before anything else: it alone says almost exactly what came of a row. If it is known only afterwards, put its column under "ignore" in the map and train again; all figures here are too good until then.`,
    )
}

const CONTRADICTORY_SHARE = 0.001

function labelSteps({ feasibility: { contradictoryShare }, audit }: Found): string[] {
  if (contradictoryShare < CONTRADICTORY_SHARE) return []
  return [
    `Find out why ${count(audit.contradictory.rows)} rows say something else than the row before of the same user, item and request (the first ones are listed below): labels that contradict each other set a limit to any model.`,
  ]
}

const SMALL_DIFFERENCE = 0.02

function dataSteps({ feasibility, label }: Found): string[] {
  const { verdict, testPositives, noiseFloor, testRowsForOnePercent } = feasibility
  if (verdict === 'too few')
    return [
      `Collect more data: ${count(testPositives)} ${label}s in the test rows say nothing for certain. With some hundreds of them this page can tell good from bad.`,
    ]
  if (noiseFloor !== null && noiseFloor > SMALL_DIFFERENCE)
    return [
      `Judge small steps on more rows: differences below ${percent(noiseFloor)} are chance here. To see one of 1 % takes about ${count(testRowsForOnePercent!)} test rows.`,
    ]
  return []
}

function baselineSteps({
  feasibility: { verdict },
  quality: { baselines },
  learner,
  leaks,
}: Found): string[] {
  if (verdict === 'worse')
    return [
      `Do not serve this model: always saying the mean is better. Train on newer data, or look at what changed between the halves.`,
    ]
  if (verdict === 'unclear')
    return [
      `Try another learner (feedloop train --learner stack, logistic or gbdt) and more attributes of items and users before anything is served.`,
    ]
  const itemRate = baselines.find(({ name }) => name !== BASE_RATE)?.model.normalizedEntropy ?? null
  if (verdict === 'works' && leaks.length === 0 && itemRate !== null && itemRate.high >= 0)
    return [
      `Ask whether ${learner} is needed: the rate of each item alone does about as well. A list of what is liked most may be enough for now.`,
    ]
  return []
}

function olderSteps({ older }: Found): string[] {
  const entropy = older?.difference?.normalizedEntropy ?? null
  if (older === null || entropy === null) return []
  if (entropy.high < 0)
    return [`Take it in the place of ${older.runId}: it is better on the same rows, beyond chance.`]
  if (entropy.low > 0)
    return [`Keep ${older.runId}: it is better than the new one on the same rows, beyond chance.`]
  return [`Keep ${older.runId} or take the new one as you like: on these rows they cannot be told apart.`]
}

const OVERFIT_GAP = 0.1

function overfitSteps({ quality: { train, test } }: Found): string[] {
  if (train.normalizedEntropy === null || test.normalizedEntropy === null) return []
  if (test.normalizedEntropy - train.normalizedEntropy < OVERFIT_GAP) return []
  return [
    `Hold the learner back, or give it more data: on rows that it learned from it is much better (${train.normalizedEntropy.toFixed(3)}) than on later ones (${test.normalizedEntropy.toFixed(3)}).`,
  ]
}

const OFF_CALIBRATION = 0.1

function calibrationSteps({ quality: { test }, feasibility: { verdict } }: Found): string[] {
  const { calibration, ece, eceNoiseFloor } = test
  if (calibration === null || verdict === 'too few' || Math.abs(calibration - 1) < OFF_CALIBRATION) return []
  if (ece !== null && eceNoiseFloor !== null && ece < 1.5 * eceNoiseFloor) return []
  return [
    `Let its scores be calibrated before they are used as probabilities: on the test rows they are ${calibration > 1 ? 'higher' : 'lower'} than what happened by ${percent(Math.abs(calibration - 1))}. The running loop does that by itself.`,
  ]
}

const TAG_GAIN_MIN = 0.003
const TAGS_MAX = 3

function tagSteps({ headRoom }: Found): string[] {
  return headRoom
    .filter(({ gainShare, isRare }) => gainShare >= TAG_GAIN_MIN && !isRare)
    .slice(0, TAGS_MAX)
    .map(
      ({ slice, value, share, gainShare, reason, positives }, at) =>
        `${at === 0 ? 'Among parts of the data, look first' : 'Then look'} at ${slice} ${value} (${percent(share)} of the rows): were it as good as the mean, ${percent(gainShare)} of the whole loss would be saved. There ${reason}${positives < 30 ? '; with so few positives it may be chance' : ''}.`,
    )
}

function driftSteps({ drift }: Found): string[] {
  const { rate, majorGiven } = drift
  if ((rate.zScore === null || Math.abs(rate.zScore) < Z_CERTAIN) && majorGiven === 0) return []
  return [
    `Train often: what the model sees changes within this data (see what changed between the halves). feedloop backtest --retrain-every 24h shows on the same data what a daily model is worth, and the running loop trains and checks all the time.`,
  ]
}

function goOn({ feasibility: { verdict }, value, leaks }: Found): string[] {
  if (verdict !== 'works' || leaks.length > 0) return []
  const arms =
    value.requestsPerArm === null || value.gained === null || value.gained.low <= 0
      ? ''
      : ` About ${count(value.requestsPerArm)} decisions in each arm show the gain estimated here.`
  return [
    `Try it on a part of the live traffic, against what is shown now: only that measures the gain itself.${arms}`,
  ]
}

const count = (value: number) => value.toLocaleString('en-US')
const percent = (share: number) => `${(100 * share).toFixed(1)} %`
