import { LogUnreadableError, openParquet, openTableWriter } from '#feature-store/files'
import { TrainingError } from './errors.ts'
import type { MockRows } from './mock-rows.ts'

/** Before the columns of the features. `mock` is 1 in every row, so that no reader takes one for real. */
const FACTS = [
  { name: 'mock', type: 'integer' },
  { name: 'slice', type: 'text' },
  { name: 'featureSetId', type: 'text' },
  { name: 'occurredAtMs', type: 'number' },
  { name: 'userId', type: 'text' },
  { name: 'itemId', type: 'text' },
  { name: 'label', type: 'integer' },
  { name: 'propensity', type: 'number' },
  /** Missing and stale bits of the columns, as base64. */
  { name: 'flags', type: 'text' },
] as const
const FEATURE = 'feature.'

/** @param path ends in .parquet */
export function writeMockRows(path: string, { featureSetId, featureNames, rows, slices }: MockRows): void {
  const features = featureNames.map((name) => ({ name: `${FEATURE}${name}`, type: 'number' as const }))
  const writer = openTableWriter(path, 'parquet', [...FACTS, ...features])
  const { width } = rows
  for (let row = 0; row < rows.count; row++) {
    const [from, to] = [row * width, (row + 1) * width]
    writer.add([
      1,
      slices[row]!,
      featureSetId,
      rows.occurredAtMs[row]!,
      rows.userIds[row]!,
      rows.itemIds[row]!,
      rows.labels[row]!,
      rows.propensities[row]!,
      Buffer.from(rows.flags.subarray(from, to)).toString('base64'),
      ...Array.from(rows.vectors.subarray(from, to), (value) => (Number.isNaN(value) ? null : value)),
    ])
  }
  writer.close()
}

/** @throws TrainingError when it is no file of mock rows, or is cut short */
export async function readMockRows(path: string): Promise<MockRows> {
  const { columns, rowCount, cells } = await openedOr(path)
  const names = columns.map(({ name }) => name)
  const lacks = FACTS.map(({ name }) => name).filter((name) => !names.includes(name))
  const featureNames = names
    .filter((name) => name.startsWith(FEATURE))
    .map((name) => name.slice(FEATURE.length))
  if (lacks.length > 0 || featureNames.length === 0 || rowCount === 0)
    throw unfit(path, rowCount === 0 ? 'has no rows' : `has no column ${lacks[0] ?? `${FEATURE}...`}`)
  const width = featureNames.length
  const rows = {
    ...{ count: rowCount, width },
    vectors: new Float32Array(rowCount * width),
    flags: new Uint8Array(rowCount * width),
    labels: new Uint8Array(rowCount),
    propensities: new Float32Array(rowCount),
    occurredAtMs: new Float64Array(rowCount),
    itemIds: [] as string[],
    userIds: [] as string[],
  }
  const slices: string[] = []
  let featureSetId = ''
  let at = 0
  for await (const { row, line } of cells()) {
    if (row['mock'] !== 1) throw unfit(path, `row ${String(line)} is not marked as mock (mock is not 1)`)
    featureSetId = String(row['featureSetId'])
    rows.labels[at] = Number(row['label'])
    rows.propensities[at] = Number(row['propensity'])
    rows.occurredAtMs[at] = Number(row['occurredAtMs'])
    rows.userIds.push(String(row['userId']))
    rows.itemIds.push(String(row['itemId']))
    slices.push(String(row['slice']))
    rows.flags.set(Buffer.from(String(row['flags']), 'base64').subarray(0, width), at * width)
    for (const [column, name] of featureNames.entries())
      rows.vectors[at * width + column] = Number(row[`${FEATURE}${name}`] ?? Number.NaN)
    at++
  }
  return { featureSetId, featureNames, rows, slices }
}

async function openedOr(path: string) {
  try {
    return await openParquet(path)
  } catch (cause) {
    if (cause instanceof LogUnreadableError) throw cause
    throw unfit(path, cause instanceof Error ? cause.message : String(cause), { cause })
  }
}

const unfit = (path: string, why: string, options?: ErrorOptions) =>
  new TrainingError(
    'train_mock_unfit',
    `${path}: ${why}. Give the mock.parquet of a folder that feedloop dataset augment wrote.`,
    options,
  )
