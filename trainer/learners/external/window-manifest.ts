import type { LearnerTask, TrainingRows } from '../learner.ts'

export const FILES = {
  manifest: 'manifest.json',
  window: 'window.parquet',
  golden: 'golden.parquet',
  model: 'model.onnx',
  answer: 'answer.json',
  /** Of the guard: the model as scorers take it. */
  served: 'served.onnx',
} as const

/** What is told of a row beside its features. */
const ROW_COLUMNS = {
  label: 'label',
  weight: 'weight',
  occurredAt: 'occurred_at',
  userId: 'user_id',
  itemId: 'item_id',
  propensity: 'propensity',
} as const
export type RowColumn = keyof typeof ROW_COLUMNS

/** `manifest.json` beside a window: what is in it, and what the model must take. */
export interface WindowManifest {
  formatVersion: 1
  featureSetId: string
  /** What is to be predicted. */
  label: string
  /** Features, float32, in the order in which the model must take them. */
  columns: readonly string[]
  /** Names of the other columns of the window: other ones where a feature has the usual name. */
  rowColumns: Readonly<Record<RowColumn, string>>
  /** Columns that hold numbers of buckets, which are names, not quantities. */
  bucketColumns: readonly string[]
  rows: number
  positives: number
  /** Event time of the oldest and the youngest row, ms; null: not known. */
  fromMs: number | null
  toMs: number | null
  seed: number
  /** Names of the files beside it. */
  files: { window: string; golden: string; model: string; answer: string }
}

export function windowManifestOf(
  { count, width, labels, occurredAtMs }: TrainingRows,
  { columns, buckets = [], label, featureSetId, seed }: LearnerTask & { seed: number },
): WindowManifest {
  const names = columns ?? Array.from({ length: width }, (_, at) => `column_${String(at)}`)
  const taken = new Set(names)
  const free = (name: string): string => (taken.has(name) ? free(`_${name}`) : name)
  const { window, golden, model, answer } = FILES
  const timeOf = (most: (left: number, right: number) => number) =>
    occurredAtMs === undefined || count === 0 ? null : occurredAtMs.reduce((left, right) => most(left, right))
  return {
    formatVersion: 1,
    featureSetId: featureSetId ?? '',
    label: label ?? 'label',
    columns: names,
    rowColumns: Object.fromEntries(
      Object.entries(ROW_COLUMNS).map(([column, name]) => [column, free(name)]),
    ) as Record<RowColumn, string>,
    bucketColumns: buckets.flatMap(({ columns: places }) => places.map((place) => names[place] ?? '')),
    rows: count,
    positives: labels.reduce((sum, one) => sum + one, 0),
    fromMs: timeOf(Math.min),
    toMs: timeOf(Math.max),
    seed,
    files: { window, golden, model, answer },
  }
}
