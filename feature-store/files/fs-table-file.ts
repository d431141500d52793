import { readdirSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { CellRow } from './cell.ts'
import { LogUnreadableError } from './errors.ts'
import { openParquet, type ParquetColumn } from './fs-parquet.ts'
import { columnsOf, readRows } from './fs-rows.ts'
import { fileKindOf } from './fs-unpack.ts'

export interface TableColumn {
  name: string
  /** What the file says; undefined: it says nothing, everything is text (CSV). */
  type?: ParquetColumn['type']
}

/** A table in a file, read as a stream as often as wanted. */
export interface TableFile {
  path: string
  /** The file's name without what follows the first dot. */
  table: string
  format: 'csv' | 'parquet'
  columns: readonly TableColumn[]
  /** Rows, where the file says it. */
  rowCount: number | null
  bytes: number
  notes: readonly string[]
  rows(): AsyncIterable<{ row: CellRow; line: number }>
}

/**
 * Opens a table by what its first bytes say: Parquet, or delimited text, packed or not.
 *
 * @throws LogUnreadableError naming file, line and what to do
 */
export async function openTableFile(path: string): Promise<TableFile> {
  const isParquet = (await fileKindOf(path)) === 'parquet'
  const named = { path, table: basename(path).split('.')[0]!, bytes: statSync(path).size }
  if (isParquet) {
    const { columns, rowCount, notes, cells } = await openParquet(path)
    return { ...named, format: 'parquet', columns, rowCount, notes, rows: cells }
  }
  const columns = (await columnsOf(path)).map((name) => ({ name }))
  return { ...named, format: 'csv', columns, rowCount: null, notes: [], rows: () => csvCells(path) }
}

async function* csvCells(path: string): AsyncIterable<{ row: CellRow; line: number }> {
  for await (const { row, place } of readRows(path)) {
    const cells = row as Record<string, string | null>
    for (const name in cells) if (cells[name] === '') cells[name] = null
    yield { row: cells, line: place.line }
  }
}

const TABLE_NAME = /\.(csv|tsv|parquet)(\.gz|\.zst)?$/i

export interface FoundTables {
  paths: string[]
  notes: string[]
}

/**
 * The tables of a folder, or the one file. A table that is there in several formats is read as Parquet, and that is said.
 *
 * @throws LogUnreadableError when there is nothing to read
 */
export function findTables(path: string): FoundTables {
  const found = statSync(path, { throwIfNoEntry: false })
  if (found === undefined) throw new LogUnreadableError(path, 'there is no such file or folder')
  if (!found.isDirectory()) return { paths: [path], notes: [] }
  const names = readdirSync(path)
    .filter((name) => TABLE_NAME.test(name))
    .sort()
  if (names.length === 0)
    throw new LogUnreadableError(
      path,
      'holds no .csv, .tsv or .parquet file; `npx feedloop dataset synthesize --out DIR` writes some',
    )
  const byTable = new Map<string, string[]>()
  for (const name of names) {
    const table = name.split('.')[0]!
    byTable.set(table, [...(byTable.get(table) ?? []), name])
  }
  const notes: string[] = []
  const chosen = [...byTable].map(([table, files]) => {
    const best = files.find((name) => name.toLowerCase().includes('.parquet')) ?? files[0]!
    if (files.length > 1) notes.push(`${table} is there as ${files.join(' and ')}: ${best} is read`)
    return join(path, best)
  })
  return { paths: chosen, notes }
}
