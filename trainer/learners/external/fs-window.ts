import { writeFileSync } from 'node:fs'
import path from 'node:path'
import {
  type BasicType,
  type ColumnSource,
  fileWriter,
  ParquetWriter,
  schemaFromColumnData,
} from 'hyparquet-writer'
import { FitError } from '../../errors.ts'
import type { TrainingRows } from '../learner.ts'
import { FILES, type RowColumn, type WindowManifest } from './window-manifest.ts'

/** Rows that are held as columns at a time. */
const GROUP_ROWS = 50_000

/** The window and its manifest. @throws FitError when the disk does not take them */
export function writeWindow(folder: string, rows: TrainingRows, manifest: WindowManifest): void {
  writing(folder, `the window of ${String(rows.count)} rows`, () => {
    writeFileSync(path.join(folder, FILES.manifest), `${JSON.stringify(manifest, null, 2)}\n`)
    writeTable(path.join(folder, FILES.window), rows.count, (from, to) => [
      ...featureColumns(rows.vectors, manifest.columns, from, to),
      ...rowColumns(rows, manifest.rowColumns, from, to),
    ])
  })
}

/** Rows that the model file must score as the program does. */
export function writeGolden(folder: string, vectors: Float32Array, { columns }: WindowManifest): void {
  writing(folder, 'the golden rows', () =>
    writeTable(path.join(folder, FILES.golden), vectors.length / columns.length, (from, to) =>
      featureColumns(vectors, columns, from, to),
    ),
  )
}

function writing(folder: string, what: string, write: () => void): void {
  try {
    write()
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause)
    throw new FitError(
      'fit_failed',
      `${what} cannot be written to ${folder} (${said}): make room there, or name another \`workFolder\``,
      { cause },
    )
  }
}

/** In groups of rows, so that never more than one of them is held a second time. */
function writeTable(
  filename: string,
  count: number,
  columnsOf: (from: number, to: number) => ColumnSource[],
): void {
  const writer = fileWriter(filename)
  const schema = schemaFromColumnData({ columnData: columnsOf(0, 0) })
  const table = new ParquetWriter({ writer, schema, codec: 'UNCOMPRESSED', statistics: false })
  for (let from = 0; from < count; from += GROUP_ROWS) {
    const to = Math.min(count, from + GROUP_ROWS)
    // A plain writer is done when it returns.
    void table.write({ columnData: columnsOf(from, to), rowGroupSize: to - from })
  }
  void table.finish()
}

const column = (name: string, type: BasicType, data: ColumnSource['data']): ColumnSource => ({
  name,
  type,
  data,
  nullable: false,
  encoding: 'PLAIN',
})

function featureColumns(
  vectors: Float32Array,
  names: readonly string[],
  from: number,
  to: number,
): ColumnSource[] {
  const width = names.length
  return names.map((name, at) => {
    const data = new Float32Array(to - from)
    for (let row = from; row < to; row++) data[row - from] = vectors[row * width + at]!
    return column(name, 'FLOAT', data)
  })
}

function rowColumns(
  { labels, weights, occurredAtMs, userIds, itemIds, propensities }: TrainingRows,
  names: Readonly<Record<RowColumn, string>>,
  from: number,
  to: number,
): ColumnSource[] {
  const ones = () => new Float32Array(to - from).fill(1)
  const unknown = () => Array.from({ length: to - from }, () => '')
  const timesMs = occurredAtMs?.slice(from, to) ?? new Float64Array(to - from)
  return [
    column(names.label, 'INT32', Int32Array.from(labels.subarray(from, to))),
    column(names.weight, 'FLOAT', weights?.slice(from, to) ?? ones()),
    column(
      names.occurredAt,
      'INT64',
      BigInt64Array.from(timesMs, (ms) => BigInt(Math.round(ms))),
    ),
    column(names.userId, 'STRING', userIds?.slice(from, to) ?? unknown()),
    column(names.itemId, 'STRING', itemIds?.slice(from, to) ?? unknown()),
    column(names.propensity, 'FLOAT', propensities?.slice(from, to) ?? ones()),
  ]
}
