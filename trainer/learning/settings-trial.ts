import { splitByTime } from '../learners/gbdt/time-split.ts'
import type { TrainingRows } from '../learners/learner.ts'
import { logLossOf } from '../metrics/index.ts'
import type { SettingsForm } from './settings-form.ts'

/** The latest rows, on which forms are judged. */
const JUDGED_SHARE = 0.25
/** Of positives and of negatives among them: fewer tell forms apart by chance. */
const JUDGED_LABELS_MIN = 30

/** Fits a form to rows. @returns its scores of other rows */
export type TryForm = (
  form: SettingsForm,
  rows: TrainingRows,
) => Promise<(vectors: Float32Array) => Float32Array>

/**
 * The form that scores the latest quarter of the rows best (log-loss), fitted to the rows before; the first while there are too few of
 * either label.
 *
 * @param forms at least one
 */
export async function bestForm(
  forms: readonly SettingsForm[],
  rows: TrainingRows,
  tryForm: TryForm,
): Promise<SettingsForm> {
  const [first, ...others] = forms as [SettingsForm, ...SettingsForm[]]
  const { learned, held } = splitByTime(rows.count, JUDGED_SHARE, rows.occurredAtMs)
  const [before, after] = [rowsAt(rows, learned), rowsAt(rows, held)]
  if (others.length === 0 || fewestOf(before) < JUDGED_LABELS_MIN || fewestOf(after) < JUDGED_LABELS_MIN)
    return first
  let best = { form: first, loss: Infinity }
  for (const form of forms) {
    const scoresOf = await tryForm(form, before)
    const scores = scoresOf(after.vectors)
    const loss = after.labels.reduce(
      (sum, label, row) => sum + (after.weights?.[row] ?? 1) * logLossOf(scores[row]!, label),
      0,
    )
    if (loss < best.loss) best = { form, loss }
  }
  return best.form
}

function fewestOf({ labels, count }: TrainingRows): number {
  const positives = labels.reduce((sum, label) => sum + label, 0)
  return Math.min(positives, count - positives)
}

/** Some of the rows, copied. */
function rowsAt(rows: TrainingRows, places: Uint32Array): TrainingRows {
  const { width } = rows
  const matrix = <T extends Float32Array | Uint8Array>(values: T, into: T): T => {
    for (const [at, row] of places.entries())
      into.set(values.subarray(row * width, (row + 1) * width), at * width)
    return into
  }
  const picked = <T extends { [at: number]: number }>(values: T, into: T): T => {
    for (const [at, row] of places.entries()) into[at] = values[row]!
    return into
  }
  const { vectors, labels, weights, propensities, occurredAtMs, itemIds, userIds, flags } = rows
  const count = places.length
  return {
    count,
    width,
    vectors: matrix(vectors, new Float32Array(count * width)),
    labels: picked(labels, new Uint8Array(count)),
    ...(weights && { weights: picked(weights, new Float32Array(count)) }),
    ...(propensities && { propensities: picked(propensities, new Float32Array(count)) }),
    ...(occurredAtMs && { occurredAtMs: picked(occurredAtMs, new Float64Array(count)) }),
    ...(itemIds && { itemIds: Array.from(places, (row) => itemIds[row]!) }),
    ...(userIds && { userIds: Array.from(places, (row) => userIds[row]!) }),
    ...(flags && { flags: matrix(flags, new Uint8Array(count * width)) }),
  }
}
