import type { Forecast } from '../../metrics/index.ts'
import { BacktestError } from './errors.ts'
import { dayOf, type Played } from './played.ts'
import { UNKNOWN_LABEL } from './row-table.ts'

/** The rows on which everybody is compared: the same for all. */
export interface JudgedRows {
  /** Places in the columns of the pass, in the order of the requests. */
  readonly places: Int32Array
  /** Day of the first request of the log. */
  readonly firstDay: number
  /** Rows that do not count, by the reason. */
  readonly leftOut: {
    /** Nobody saw the item, or what came of it is not in the log. */
    notShown: number
    beforeFromDay: number
    /** Some learner had no model yet. */
    beforeFirstModel: number
  }
}

/**
 * Rows whose label is known, from the first day that counts on, after every learner had its first model without a gate.
 *
 * @throws BacktestError when nothing is left, with the sentence why
 */
export function judgedRowsOf(played: Played, fromDay: number): JudgedRows {
  const { rows, columns, counts, fromMs, toMs, contenders } = played
  if (counts.requests === 0)
    throw new BacktestError('backtest_log_empty', 'The log holds no requests: there is nothing to score.')
  const firstDay = dayOf(fromMs)
  const lastDay = dayOf(toMs) - firstDay
  if (fromDay > lastDay) {
    throw new BacktestError(
      'backtest_day_beyond',
      `The log has the days 0 to ${String(lastDay)} (UTC): nothing is left from day ${String(fromDay)} on.`,
    )
  }
  checkLabels(rows.labels)
  const withoutModel = contenders.find(({ retrains }) => retrains.length === 0)
  if (withoutModel !== undefined) {
    const why = withoutModel.failure ?? 'at no moment of retraining were examples of both labels known'
    throw new BacktestError(
      'backtest_no_model',
      `${withoutModel.name} made no model: ${why}. Retrain more often, or give a longer log or window.`,
    )
  }
  const served = columns.filter(({ kind, gate }) => kind === 'learner' && gate === 'none')
  const leftOut = { notShown: 0, beforeFromDay: 0, beforeFirstModel: 0 }
  const places: number[] = []
  for (let row = 0; row < rows.labels.length; row++) {
    if (rows.labels[row] === UNKNOWN_LABEL) leftOut.notShown += 1
    else if (dayOf(rows.occurredAtMs[row]!) < firstDay + fromDay) leftOut.beforeFromDay += 1
    else if (served.some(({ scores }) => Number.isNaN(scores[row]))) leftOut.beforeFirstModel += 1
    else places.push(row)
  }
  if (places.length === 0) {
    throw new BacktestError(
      'backtest_no_model',
      'The first models came after the last request: nothing was scored. Retrain more often, or give a longer log.',
    )
  }
  return { places: Int32Array.from(places), firstDay, leftOut }
}

function checkLabels(labels: Uint8Array): void {
  const counts = [0, 0, 0]
  for (const label of labels) counts[label]! += 1
  const [negatives, positives] = counts as [number, number, number]
  const shown = negatives + positives
  if (shown === 0) {
    throw new BacktestError(
      'backtest_labels_alike',
      `No item of the log counts as shown: check the types in \`shown\` of the label and in features.interactionTypes.`,
    )
  }
  if (positives === 0 || negatives === 0) {
    const which = positives === 0 ? 'negative' : 'positive'
    throw new BacktestError(
      'backtest_labels_alike',
      `All ${String(shown)} shown items are ${which}: there is nothing to learn. Do positives come within the label's horizon, or within --label-delay?`,
    )
  }
}

/** Scores and labels of judged rows; where nobody served, what the base rate said. */
export function forecastsOf(
  { rows }: Pick<Played, 'rows'>,
  places: Int32Array,
  scores: Float32Array,
  fallback: Float32Array,
): Forecast[] {
  return Array.from(places, (row) => {
    const score = scores[row]!
    return { score: Number.isNaN(score) ? fallback[row]! : score, label: rows.labels[row]! }
  })
}
