import { fixedText as fixed, table } from '#streams'
import { intervalText } from '../backtest/backtest-text.ts'
import type { BacktestMetrics } from '../backtest/backtest-metrics.ts'
import { worstSlices } from '../backtest/page-data.ts'
import type { DataReport, MetricsReport, PartFacts, TrainingReport } from './training-report.ts'

/** The training for people. */
export function trainText({ metrics, data }: TrainingReport): string {
  const { learner, test, validation, train, baselines, sanity } = metrics
  const line = (who: string, part: BacktestMetrics, against = '') => [
    who,
    fixed(part.normalizedEntropy, 4),
    against,
    fixed(part.logLoss, 5),
    fixed(part.auc, 4),
    fixed(part.groupedAuc, 4),
    fixed(part.calibration, 3),
    fixed(part.accuracy, 4),
    fixed(part.precision, 4),
    fixed(part.recall, 4),
    fixed(part.f1, 4),
  ]
  return [
    ...dataLines(data),
    ...(sanity === null ? [] : [sanity.sentence]),
    '',
    table(HEADINGS, [
      ...baselines.map(({ name, test: own, model }) =>
        line(name, own, intervalText(model.normalizedEntropy)),
      ),
      line(`${learner}, test`, test),
      line(`${learner}, validation`, validation),
      line(`${learner}, training`, train),
    ]),
    '',
    ...calibrationLines(metrics),
    ...thresholdLines(metrics),
    '',
    ...sliceLines(metrics),
    'entropy: normalized; 1 is always saying the base rate of the same rows, lower is better. model less it: the model less the',
    'baseline, [ ] 95 % of resampled users. per request: mean AUC of the requests that show both labels.',
    '',
  ].join('\n')
}

const HEADINGS = [
  'who',
  'entropy',
  'model less it',
  'log-loss',
  'AUC',
  'per request',
  'calibration',
  'accuracy',
  'precision',
  'recall',
  'F1',
]

export function dataLines({
  dataset,
  label,
  rows,
  positives,
  split,
  balance,
  audit,
  leaks,
  featureNames,
  notes,
}: DataReport): string[] {
  const part = (name: string, { rows: of, positives: yes, fromMs, toMs }: PartFacts) =>
    `${name} ${count(of)} rows, ${count(yes)} positive (${day(fromMs)} to ${day(toMs)})`
  const late =
    split.notKnownInTime === 0
      ? ''
      : `; ${count(split.notKnownInTime)} left out, whose label was known only in the next part`
  const capped =
    balance.capped === 0
      ? ''
      : `; ${count(balance.capped)} busy user(s) count as ${count(balance.rowsCounted)} rows each`
  const { seen, unseen } = balance.testUsers
  return [
    ...notes.map((note) => `note: ${note}`),
    `${dataset}: ${count(rows)} shown items, ${count(positives)} with ${label} (${percent(positives / rows)}), ${String(featureNames.length)} columns`,
    `by time: ${part('training', split.train)}; ${part('validation', split.validation)}; ${part('test', split.test)}${late}`,
    `users: ${count(balance.users)} in training; of those in test ${count(seen)} were seen before, ${count(unseen)} are new${capped}`,
    ...auditLines(audit),
    ...leaks.map(
      ({ column, auc }) =>
        `warning: the column ${column} knows the label by itself (AUC ${auc.toFixed(3)}): is it known before the item is shown? If not, put it under "ignore" in the map`,
    ),
  ]
}

function auditLines({ doubled, contradictory }: DataReport['audit']): string[] {
  const listed = (what: string, { rows, first }: { rows: number; first: readonly string[] }) =>
    rows === 0 ? [] : [`labels: ${count(rows)} row(s) ${what}, first: ${first.slice(0, 3).join('; ')}`]
  return [
    ...listed('are there twice', doubled),
    ...listed('say another label than the row before of the same user, item and request', contradictory),
  ]
}

function thresholdLines({ threshold, confusion, test }: MetricsReport): string[] {
  const { costs, costsGiven } = threshold
  const why = costsGiven
    ? ''
    : ' (not given: a missed positive costs as much as the negatives there are per positive)'
  const { truePositives, falsePositives, falseNegatives, trueNegatives } = confusion
  return [
    `threshold ${threshold.threshold.toFixed(4)}, the cheapest on the validation part: a false yes costs ${number(costs.falsePositive)}, a missed positive ${number(costs.falseNegative)}${why}`,
    `on the test part it costs ${threshold.testCost.toFixed(4)} per row; the better of always no and always yes ${threshold.baselineCost.toFixed(4)}`,
    '',
    table(
      [`${count(test.rows)} test rows`, 'said yes', 'said no'],
      [
        ['positive', count(truePositives), count(falseNegatives)],
        ['negative', count(falsePositives), count(trueNegatives)],
      ],
    ),
  ]
}

/** Mean score over rate should be 1, the calibration error what chance alone would show. */
function calibrationLines({ calibration }: MetricsReport): string[] {
  const { calibrationId, before, after, sentence } = calibration
  const change = (from: string, to: string) => (from === to ? to : `${from} -> ${to}`)
  const ece = change(fixed(before.ece, 4), fixed(after.ece, 4))
  const mean = change(fixed(before.calibration, 3), fixed(after.calibration, 3))
  const entropy = change(fixed(before.normalizedEntropy, 4), fixed(after.normalizedEntropy, 4))
  return [
    `calibration ${calibrationId}: ${sentence}`,
    `on the test part: mean score over rate ${mean}, calibration error ${ece} (chance alone ${fixed(after.eceNoiseFloor, 4)}), entropy ${entropy}`,
  ]
}

const SLICES_SHOWN_MAX = 8

function sliceLines({ slices, learner }: MetricsReport): string[] {
  const worst = worstSlices({ slices: [...slices] }).slice(0, SLICES_SHOWN_MAX)
  if (worst.length === 0) return []
  const rows = worst.map(({ slice, value, share, positives, normalizedEntropy, auc, calibration }) => [
    `${slice}: ${value}`,
    percent(share),
    count(positives),
    fixed(normalizedEntropy, 4),
    fixed(auc, 4),
    fixed(calibration, 3),
  ])
  return [
    `where ${learner} is furthest from the base rate of the same rows, or beyond it:`,
    '',
    table(['slice', 'share', 'positive', 'entropy', 'AUC', 'calibration'], rows),
    '',
  ]
}

const count = (value: number) => value.toLocaleString('en-US')
const number = (value: number) => String(Math.round(value * 1e4) / 1e4)
const percent = (share: number) => `${(100 * share).toFixed(share < 0.1 ? 2 : 1)} %`
const day = (ms: number) => new Date(ms).toISOString().slice(0, 10)
