import {
  asyncBufferFromFile,
  parquetMetadataAsync,
  parquetReadObjects,
  type AsyncBuffer,
  type FileMetaData,
} from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import { LogUnreadableError } from './errors.ts'
import type { PlacedRow } from './fs-rows.ts'
import { fileKindOf } from './fs-unpack.ts'

/**
 * Rows of a Parquet file as text, row group by row group: numbers as they are written, times as ISO 8601, null as empty.
 * A row's line is its place, the first is 1.
 *
 * @throws LogUnreadableError when it is no Parquet file, or one that cannot be read
 */
export async function openParquet(
  path: string,
): Promise<{ rows: () => AsyncIterable<PlacedRow>; columns: string[] }> {
  if ((await fileKindOf(path)) !== 'parquet')
    throw new LogUnreadableError(path, "is no Parquet file; read it as '--dataset csv'")
  const file = await asyncBufferFromFile(path)
  const metadata = await attempt(path, () => parquetMetadataAsync(file))
  const [root, ...fields] = metadata.schema
  const columns = fields.map(({ name }) => name)
  if (root?.num_children !== columns.length)
    throw new LogUnreadableError(path, 'has columns inside of columns; write flat ones')
  return { columns, rows: () => rowsOf(path, file, metadata) }
}

async function* rowsOf(path: string, file: AsyncBuffer, metadata: FileMetaData): AsyncIterable<PlacedRow> {
  let rowStart = 0
  for (const { num_rows } of metadata.row_groups) {
    const rowEnd = rowStart + Number(num_rows)
    const rows = await attempt(path, () =>
      parquetReadObjects({ file, metadata, compressors, rowStart, rowEnd }),
    )
    for (const [at, row] of rows.entries()) {
      const texts = Object.entries(row).map(([name, value]) => [name, textOfCell(value)])
      yield {
        row: Object.fromEntries(texts) as Record<string, string>,
        place: { path, line: rowStart + at + 1 },
      }
    }
    rowStart = rowEnd
  }
}

function textOfCell(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (value instanceof Date) return value.toISOString()
  if (Array.isArray(value)) return value.map(textOfCell).join('|')
  return typeof value === 'object'
    ? JSON.stringify(value)
    : String(value as string | number | bigint | boolean)
}

async function attempt<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (cause) {
    throw new LogUnreadableError(path, cause instanceof Error ? cause.message : String(cause), { cause })
  }
}
