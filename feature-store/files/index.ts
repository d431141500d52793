export { type Cell, cellNumber, type CellRow, cellText, cellTimeMs, isLogTime } from './cell.ts'
export { type CsvRow, numberOf, rowError, type RowPlace, textOf } from './csv-values.ts'
export { LogUnreadableError } from './errors.ts'
export { openParquet, type ParquetColumn, type ParquetFile } from './fs-parquet.ts'
export { columnsOf, type PlacedRow, readRows, type RowFormat } from './fs-rows.ts'
export {
  findTables,
  type FoundTables,
  openTableFile,
  type TableColumn,
  type TableFile,
} from './fs-table-file.ts'
export { openTableWriter, type TableFormat, type TableWriter, type WrittenColumn } from './fs-table-writer.ts'
export { findFile } from './fs-unpack.ts'
export { createUnitNotes, type LogTime, logTimeOf, type TimeUnit } from './log-time.ts'
export { openRowsBar, type RowsBar } from './terminal-rows-bar.ts'
