import type { FeatureSet } from '#feature-store'
import type { Cell, WrittenColumn } from '#feature-store/files'
import { type Example, vectorOfBytes } from '#schemas'

export interface ExportedColumn extends WrittenColumn {
  /** What stands in it, for who reads the file. */
  meaning: string
}

/** Which columns an export has, and how an example becomes a row of them. */
export interface ExportColumns {
  readonly columns: readonly ExportedColumn[]
  /** Features under their own names, in the order of the vector. */
  readonly features: readonly string[]
  /** What the other columns are called: `_` before the usual name where a feature has it. */
  readonly rowColumns: Readonly<Record<string, string>>
  /** By label, the column that holds it. */
  readonly labelColumns: Readonly<Record<string, string>>
  /** Cells in the order of `columns`; null: the example was made for other features, or its vector is broken. */
  rowOf(example: Example): Cell[] | null
}

type RowColumn = ExportedColumn & { of(example: Example): Cell }

const ROW_COLUMNS: readonly RowColumn[] = [
  {
    name: 'example_id',
    type: 'text',
    meaning: 'prediction and item; each once',
    of: (example) => example.exampleId,
  },
  { name: 'request_id', type: 'text', meaning: 'the request', of: (example) => example.requestId },
  { name: 'user_id', type: 'text', meaning: 'the user', of: (example) => example.userId },
  { name: 'item_id', type: 'text', meaning: 'the item', of: (example) => example.itemId },
  {
    name: 'occurred_at',
    type: 'timestamp',
    meaning: 'event time of the request, UTC: features are as of this moment',
    of: ({ occurredAtMs }) => new Date(occurredAtMs),
  },
  {
    name: 'matured_at',
    type: 'timestamp',
    meaning:
      'event time from which its labels are known, UTC: train on rows that matured before those you test on',
    of: ({ maturedAtMs }) => new Date(maturedAtMs),
  },
  {
    name: 'model_id',
    type: 'text',
    meaning: 'the model that served it; empty when none did',
    of: ({ modelId }) => modelId,
  },
  {
    name: 'fallback_reason',
    type: 'text',
    meaning: 'empty: a model answered; otherwise why the fallback did',
    of: ({ fallbackReason }) => fallbackReason,
  },
  {
    name: 'score',
    type: 'number',
    meaning: 'served probability; empty when nothing could score it',
    of: ({ score }) => score,
  },
  { name: 'rank', type: 'integer', meaning: 'place in the answer, 0 first', of: ({ rank }) => rank },
  {
    name: 'shown_position',
    type: 'integer',
    meaning: 'place at which it was shown, 0 first; empty: nobody told',
    of: ({ position }) => position,
  },
  {
    name: 'propensity',
    type: 'number',
    meaning: 'probability with which the policy put it there',
    of: ({ propensity }) => propensity,
  },
  {
    name: 'feature_flags',
    type: 'text',
    meaning: 'two hexadecimal digits per feature in their order: bit 0 missing, bit 1 stale',
    of: ({ flags }) => Buffer.from(flags).toString('hex'),
  },
]

/** @param labels names, as the configuration has them */
export function exportColumns(
  { id, names, width }: Pick<FeatureSet, 'id' | 'names' | 'width'>,
  labels: readonly string[],
): ExportColumns {
  const taken = new Set(names)
  const free = (name: string): string => (taken.has(name) ? free(`_${name}`) : name)
  const labelColumns = labels.map((label) => ({
    ...{ label, name: free(`label_${label}`), type: 'number' as const },
    meaning: `label ${label}: 0 or 1; empty when nobody could have told it`,
  }))
  const rowColumns = ROW_COLUMNS.map(({ of, ...column }) => ({ ...column, name: free(column.name), of }))
  const features = names.map((name) => ({
    name,
    type: 'float' as const,
    meaning: `feature ${name}, as served`,
  }))

  return {
    columns: [...rowColumns, ...labelColumns, ...features].map(({ name, type, meaning }) => ({
      ...{ name, type, meaning },
    })),
    features: names,
    rowColumns: Object.fromEntries(ROW_COLUMNS.map(({ name }) => [name, free(name)])),
    labelColumns: Object.fromEntries(labelColumns.map(({ label, name }) => [label, name])),
    rowOf(example) {
      if (example.featureSetId !== id) return null
      if (example.vector.length !== width * 4 || example.flags.length !== width) return null
      const cells = rowColumns.map(({ of }) => of(example))
      for (const { label } of labelColumns) cells.push(labelOf(example, label))
      for (const value of vectorOfBytes(example.vector)) cells.push(value)
      return cells
    },
  }
}

/** null: it has none, or a source of it was silent then, so that its 0 says nothing. */
function labelOf({ labels, labelsOut }: Example, label: string): number | null {
  if (labelsOut.includes(label)) return null
  return labels.find(({ name }) => name === label)?.value ?? null
}
