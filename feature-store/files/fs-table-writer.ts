import { closeSync, openSync, writeSync } from 'node:fs'
import { ByteWriter, ParquetWriter, schemaFromColumnData, type Writer } from 'hyparquet-writer'
import { type Cell, cellText } from './cell.ts'

export type TableFormat = 'parquet' | 'csv'

export interface WrittenColumn {
  name: string
  /** `float`: float32. */
  type: 'text' | 'integer' | 'number' | 'float' | 'timestamp'
}

/** Takes rows one by one and holds no more than a row group of them. */
export interface TableWriter {
  readonly path: string
  readonly rows: number
  /** Cells in the order of the columns. */
  add(cells: readonly Cell[]): void
  close(): void
}

const ROW_GROUP_ROWS = 50_000
const CHUNK_CHARS = 1 << 18
const CHUNK_BYTES = 1 << 20
const PARQUET_TYPES = {
  text: 'STRING',
  integer: 'INT64',
  number: 'DOUBLE',
  float: 'FLOAT',
  timestamp: 'TIMESTAMP',
} as const

/** Writes a table beside others of the folder: `impressions.parquet`, `impressions.csv`. The same rows give the same bytes. */
export function openTableWriter(
  path: string,
  format: TableFormat,
  columns: readonly WrittenColumn[],
): TableWriter {
  return format === 'csv' ? csvWriter(path, columns) : parquetWriter(path, columns)
}

function csvWriter(path: string, columns: readonly WrittenColumn[]): TableWriter {
  const file = openSync(path, 'w')
  let text = `${columns.map(({ name }) => quoted(name)).join(',')}\n`
  let rows = 0
  const flush = () => {
    writeSync(file, text)
    text = ''
  }
  return {
    path,
    get rows() {
      return rows
    },
    add(cells) {
      let line = quoted(cellText(cells[0]))
      for (let column = 1; column < columns.length; column++) line += `,${quoted(cellText(cells[column]))}`
      text += `${line}\n`
      rows++
      if (text.length > CHUNK_CHARS) flush()
    },
    close() {
      flush()
      closeSync(file)
    },
  }
}

const quoted = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)

function parquetWriter(path: string, columns: readonly WrittenColumn[]): TableWriter {
  const file = openSync(path, 'w')
  const types = columns.map(({ name, type }) => ({ name, type: PARQUET_TYPES[type], data: [] as unknown[] }))
  const writer = new ParquetWriter({
    writer: fileBytes(file),
    schema: schemaFromColumnData({ columnData: types }),
    createdBy: 'feedloop',
  })
  let rows = 0
  let held = 0
  const flush = () => {
    void writer.write({ columnData: types, rowGroupSize: Math.max(1, held) })
    for (const column of types) column.data = []
    held = 0
  }
  return {
    path,
    get rows() {
      return rows
    },
    add(cells) {
      for (const [at, column] of types.entries()) column.data.push(fitted(cells[at] ?? null, column.type))
      rows++
      if (++held === ROW_GROUP_ROWS) flush()
    },
    close() {
      if (held > 0 || rows === 0) flush()
      void writer.finish()
      closeSync(file)
    },
  }
}

/** As the writer wants it for this type. */
function fitted(cell: Cell, type: (typeof PARQUET_TYPES)[WrittenColumn['type']]): unknown {
  if (cell === null) return null
  if (type === 'STRING') return cellText(cell)
  return type === 'INT64' ? BigInt(cell as number) : cell
}

/** Bytes to a file, a mebibyte at a time. */
function fileBytes(file: number): Writer {
  const bytes = new ByteWriter()
  const flush = () => {
    writeSync(file, new Uint8Array(bytes.buffer, 0, bytes.index))
    bytes.index = 0
  }
  bytes.ensure = (size) => {
    if (bytes.index > CHUNK_BYTES) flush()
    if (bytes.index + size <= bytes.buffer.byteLength) return
    const grown = new ArrayBuffer(Math.max(bytes.buffer.byteLength * 2, bytes.index + size))
    new Uint8Array(grown).set(new Uint8Array(bytes.buffer))
    bytes.buffer = grown
    bytes.view = new DataView(grown)
  }
  bytes.finish = flush
  return bytes
}
