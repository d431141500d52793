import { fixedText as fixed, table } from '#streams'
import { intervalText } from '../backtest/backtest-text.ts'
import type { AugmentationReport, Compared, Effect } from './augmentation-report.ts'

const EFFECTS: Readonly<Record<Effect, string>> = {
  better: 'better',
  worse: 'worse',
  chance: 'no difference beyond chance',
  unknown: 'too few positives to say',
}

/** The effect of mock rows for people. */
export function augmentationText(report: AugmentationReport): string {
  const { dataset, learner, label, made, parts, slices, overall, labelRate, calibration } = report
  const line = (name: string, { without, with: other, difference, effect }: Compared) => [
    name,
    count(without.rows),
    count(without.positives),
    fixed(without.normalizedEntropy, 4),
    fixed(other.normalizedEntropy, 4),
    intervalText(difference.normalizedEntropy),
    `${fixed(without.auc, 3)} -> ${fixed(other.auc, 3)}`,
    EFFECTS[effect],
  ]
  const rates = slices.map(({ slice, value, training, mock, labelRate: rate }) => [
    `${slice}: ${value}`,
    count(training.rows),
    count(mock.rows),
    count(mock.positives),
    percent(rate.before),
    percent(rate.after),
  ])
  const change = (one: 'before' | 'after', name: 'calibration' | 'ece', digits: number) =>
    `${fixed(calibration.without[one][name], digits)} -> ${fixed(calibration.with[one][name], digits)}`
  const chosen = slices.some(({ chosenBy }) => chosenBy !== null)
  return [
    `${dataset}: ${learner} for ${label}, trained on ${count(parts.train.rows)} real rows without and with mock rows (${made.method}), judged on ${count(parts.test.rows)} real rows that came later.`,
    chosen
      ? 'The slices are those where the model without mock rows lost most on the validation part; the test part had no say.'
      : 'The slices are those that were asked for.',
    '',
    table(['made for', 'training rows', 'mock', 'positive', `${label}s before`, 'after'], rates),
    '',
    table(
      ['test rows of', 'rows', 'positive', 'entropy without', 'with', 'with less without', 'AUC', 'effect'],
      [line('all', overall), ...slices.map((slice) => line(`${slice.slice}: ${slice.value}`, slice))],
    ),
    '',
    `label rate of what is learned from: ${percent(labelRate.trainingBefore)} -> ${percent(labelRate.trainingAfter)} (test rows: ${percent(labelRate.test)})`,
    `mean score over rate, the model's own: ${change('before', 'calibration', 3)}; after calibration by real validation rows: ${change('after', 'calibration', 3)} (1 is right)`,
    `calibration error, the model's own: ${change('before', 'ece', 4)}; after calibration: ${change('after', 'ece', 4)}`,
    '',
    report.verdict,
    ...report.limits,
    '',
  ].join('\n')
}

const count = (value: number) => value.toLocaleString('en-US')
const percent = (share: number) => `${(100 * share).toFixed(share < 0.1 ? 2 : 1)} %`
