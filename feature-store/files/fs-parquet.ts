import {
  asyncBufferFromFile,
  parquetMetadataAsync,
  parquetReadObjects,
  type AsyncBuffer,
  type FileMetaData,
  type SchemaElement,
} from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import { type Cell, type CellRow, cellText } from './cell.ts'
import { LogUnreadableError } from './errors.ts'
import type { PlacedRow } from './fs-rows.ts'
import { fileKindOf } from './fs-unpack.ts'

export interface ParquetColumn {
  name: string
  type: 'text' | 'integer' | 'number' | 'boolean' | 'timestamp'
}

export interface ParquetFile {
  columns: ParquetColumn[]
  rowCount: number
  /** What a reader should know of how it is read. */
  notes: string[]
  /** Typed, row group by row group; the first row is line 1. */
  cells(): AsyncIterable<{ row: CellRow; line: number }>
  /** As text: numbers as they are written, times as ISO 8601, null as empty. */
  rows(): AsyncIterable<PlacedRow>
}

/**
 * A Parquet file of flat columns.
 *
 * @throws LogUnreadableError when it is no Parquet file, is cut short, or has columns inside of columns
 */
export async function openParquet(path: string): Promise<ParquetFile> {
  if ((await fileKindOf(path)) !== 'parquet')
    throw new LogUnreadableError(path, "is no Parquet file; read it as '--dataset csv'")
  const file = await asyncBufferFromFile(path)
  const metadata = await metadataOf(path, file)
  const elements = flatColumns(path, metadata.schema)
  const nanoseconds = elements.filter(isNanoseconds).map(({ name }) => name)
  return {
    columns: elements.map((element) => ({ name: element.name, type: typeOf(element) })),
    rowCount: Number(metadata.num_rows),
    notes: nanoseconds.map((name) => `${path}: ${name} is in nanoseconds: cut to milliseconds`),
    cells: () => cellsOf(path, file, metadata),
    rows: () => textsOf(path, cellsOf(path, file, metadata)),
  }
}

async function metadataOf(path: string, file: AsyncBuffer): Promise<FileMetaData> {
  const tail =
    file.byteLength < 12 ? '' : Buffer.from(await file.slice(file.byteLength - 4)).toString('latin1')
  if (tail !== 'PAR1')
    throw new LogUnreadableError(
      path,
      'is cut short: a Parquet file ends in a list of its columns, and that is missing; copy or write the file again',
    )
  return attempt(path, 0, () => parquetMetadataAsync(file))
}

/** @throws LogUnreadableError naming the first column that has others inside */
function flatColumns(path: string, schema: readonly SchemaElement[]): SchemaElement[] {
  const [root, ...elements] = schema
  const nested = elements.find(({ num_children: children }) => children !== undefined && children > 0)
  if (nested !== undefined || root?.num_children !== elements.length)
    throw new LogUnreadableError(
      path,
      `column ${nested?.name ?? '?'} has columns inside (a list or a struct): write it flat, a list as text joined by |`,
    )
  return elements
}

const isNanoseconds = ({ type, logical_type: logical }: SchemaElement) =>
  type === 'INT96' || (logical?.type === 'TIMESTAMP' && logical.unit === 'NANOS')

function typeOf(element: SchemaElement): ParquetColumn['type'] {
  const { type, converted_type: converted, logical_type: logical } = element
  if (logical?.type === 'TIMESTAMP' || converted?.startsWith('TIMESTAMP') === true) return 'timestamp'
  if (converted === 'DATE' || logical?.type === 'DATE' || type === 'INT96') return 'timestamp'
  if (converted === 'DECIMAL' || logical?.type === 'FLOAT16') return 'number'
  if (type === 'INT32' || type === 'INT64') return 'integer'
  if (type === 'DOUBLE' || type === 'FLOAT') return 'number'
  return type === 'BOOLEAN' ? 'boolean' : 'text'
}

async function* cellsOf(
  path: string,
  file: AsyncBuffer,
  metadata: FileMetaData,
): AsyncIterable<{ row: CellRow; line: number }> {
  let rowStart = 0
  for (const { num_rows } of metadata.row_groups) {
    const rowEnd = rowStart + Number(num_rows)
    const rows = await attempt(path, rowStart + 1, () =>
      parquetReadObjects({ file, metadata, compressors, rowStart, rowEnd }),
    )
    for (const [at, row] of rows.entries()) {
      for (const name in row) {
        const value: unknown = row[name]
        if (typeof value !== 'string') row[name] = cellOf(value)
      }
      yield { row: row as CellRow, line: rowStart + at + 1 }
    }
    rowStart = rowEnd
  }
}

async function* textsOf(
  path: string,
  cells: AsyncIterable<{ row: CellRow; line: number }>,
): AsyncIterable<PlacedRow> {
  for await (const { row, line } of cells) {
    const texts = Object.entries(row).map(([name, value]) => [name, cellText(value)])
    yield { row: Object.fromEntries(texts) as Record<string, string>, place: { path, line } }
  }
}

function cellOf(value: unknown): Cell {
  switch (typeof value) {
    case 'number':
      return Number.isNaN(value) ? null : value
    case 'bigint':
      return Number.isSafeInteger(Number(value)) ? Number(value) : String(value)
    case 'boolean':
    case 'string':
      return value
    default:
      if (value === null || value === undefined) return null
      return value instanceof Date ? value : JSON.stringify(value)
  }
}

async function attempt<T>(path: string, fromRow: number, read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    const where = fromRow === 0 ? '' : `rows from ${String(fromRow)} on cannot be read: `
    throw new LogUnreadableError(path, `${where}${why}; write the file again`, { cause })
  }
}
