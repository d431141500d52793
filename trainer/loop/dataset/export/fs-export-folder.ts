import { createHash } from 'node:crypto'
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import {
  type Cell,
  LogUnreadableError,
  openTableWriter,
  type TableFormat,
  type TableWriter,
} from '#feature-store/files'
import type { ExportedColumn } from './export-columns.ts'

export interface ExportedFile {
  /** Under the export's folder. */
  path: string
  day: string
  rows: number
  bytes: number
  sha256: string
}

export interface ExportFolder {
  add(day: string, cells: readonly Cell[]): void
  /** Ends the files; the manifest comes last, so a folder that has one is whole. */
  close(manifestOf: (files: readonly ExportedFile[]) => object): void
}

const MANIFEST = 'manifest.json'
const SCHEMA = 'schema.json'
/** There from the first to the last moment of an export. */
const UNFINISHED = '_unfinished'
/** Open at the same time: each holds up to 50,000 rows. Partitions tell of neighbouring days at most. */
const OPEN_DAYS_MAX = 3
const FILE_ROWS_MAX = 1_000_000
const HASH_BYTES = 1 << 20

/**
 * A folder of `day=YYYY-MM-DD/part-0000.parquet`, as Spark, DuckDB and pandas read it. A file has its name when it is whole: until
 * then it ends in `.unfinished`. What an export that was killed left behind is removed by the next one.
 *
 * @throws LogUnreadableError when something else is in the folder
 */
export function openExportFolder(
  folder: string,
  format: TableFormat,
  columns: readonly ExportedColumn[],
): ExportFolder {
  makeRoom(folder)
  const open = new Map<string, TableWriter>()
  const parts = new Map<string, number>()
  const files: ExportedFile[] = []

  function begin(day: string): TableWriter {
    const part = parts.get(day) ?? 0
    parts.set(day, part + 1)
    mkdirSync(join(folder, `day=${day}`), { recursive: true })
    const name = `day=${day}/part-${String(part).padStart(4, '0')}.${format}`
    return openTableWriter(join(folder, `${name}.unfinished`), format, columns)
  }

  function end(day: string, writer: TableWriter): void {
    writer.close()
    open.delete(day)
    const whole = writer.path.slice(0, -'.unfinished'.length)
    renameSync(writer.path, whole)
    const { bytes, sha256 } = measured(whole)
    files.push({ path: whole.slice(folder.length + 1), day, rows: writer.rows, bytes, sha256 })
  }

  function writerOf(day: string): TableWriter {
    const found = open.get(day)
    if (found !== undefined && found.rows < FILE_ROWS_MAX) return found
    if (found !== undefined) end(day, found)
    // The one that was opened first: days come in their order but for the late.
    else if (open.size === OPEN_DAYS_MAX) end(...[...open].at(0)!)
    const writer = begin(day)
    open.set(day, writer)
    return writer
  }

  return {
    add: (day, cells) => writerOf(day).add(cells),
    close(manifestOf) {
      for (const [day, writer] of [...open]) end(day, writer)
      files.sort((left, right) => (left.path < right.path ? -1 : 1))
      writeWhole(join(folder, SCHEMA), { columns })
      writeWhole(join(folder, MANIFEST), manifestOf(files))
      rmSync(join(folder, UNFINISHED))
    },
  }
}

function makeRoom(folder: string): void {
  mkdirSync(folder, { recursive: true })
  const found = readdirSync(folder)
  if (found.includes(MANIFEST))
    throw new LogUnreadableError(folder, 'holds an export already; name another folder with --out')
  const isUnfinished = existsSync(join(folder, UNFINISHED))
  const foreign = found.filter((name) => !isUnfinished || !isOurs(name))
  if (foreign.length > 0)
    throw new LogUnreadableError(
      folder,
      `is not empty (${foreign[0]!}); name another folder with --out, or empty this one`,
    )
  for (const name of found) rmSync(join(folder, name), { recursive: true })
  writeFileSync(join(folder, UNFINISHED), 'An export is being written here, or was killed: run it again.\n')
}

const isOurs = (name: string) =>
  name === UNFINISHED ||
  name === SCHEMA ||
  name.startsWith(`${MANIFEST}.`) ||
  /^day=\d{4}-\d\d-\d\d$/.test(name)

function writeWhole(path: string, value: object): void {
  const file = openSync(`${path}.unfinished`, 'w')
  writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`)
  fsyncSync(file)
  closeSync(file)
  renameSync(`${path}.unfinished`, path)
}

function measured(path: string): { bytes: number; sha256: string } {
  const file = openSync(path, 'r')
  const hash = createHash('sha256')
  const piece = Buffer.alloc(HASH_BYTES)
  for (let read = readSync(file, piece); read > 0; read = readSync(file, piece))
    hash.update(piece.subarray(0, read))
  fsyncSync(file)
  closeSync(file)
  return { bytes: statSync(path).size, sha256: hash.digest('hex') }
}
