import { existsSync, readdirSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import {
  columnsOf,
  logTimeOf,
  LogUnreadableError,
  openParquet,
  type PlacedRow,
  readRows,
} from '#feature-store/files'
import type { DataSetOptions, FeedLog } from './feed-log.ts'
import type { LogFeed } from './feeds.ts'
import type { SideTable } from './fs-side-table.ts'
import { logMapFor, openTable, type TableRows } from './fs-table.ts'
import { createLabelAudit, type LabelAudit } from './label-audit.ts'
import type { LogMap } from './log-map.ts'

/** Names that the folder of `feedloop dataset synthesize` has; a number or date may follow: impressions-2.csv. */
const ROLES = ['impressions', 'content_features', 'user_features', 'interactions'] as const
type Role = (typeof ROLES)[number]
const TABLE = /^(.+?)\.(csv|tsv|parquet)(\.gz|\.zst)?$/i
const MAP_FILE = 'map.json'
/** A phone's clock may be ahead; a day is no clock. */
const AHEAD_MS_MAX = 86_400_000

interface Table {
  path: string
  columns: readonly string[]
  rows: TableRows
}

/**
 * Opens a folder with a table of what was shown (`impressions`), and beside it, where they are, `content_features`,
 * `user_features` and `map.json`. A folder with one table of any name is that table. The same table as CSV and as Parquet
 * is read as Parquet; several parts are read one after another. Rows that are there twice count once, and are told.
 *
 * @param nowMs times after it (and a day) are refused
 * @throws LogUnreadableError naming file, line and column, and what to do
 */
export async function openFolder(
  directory: string,
  options: DataSetOptions,
  nowMs = Date.now(),
): Promise<{ log: FeedLog; feed: LogFeed }> {
  const tables = tablesOf(directory)
  const notes: string[] = []
  const shown = await joined(directory, tables.get('impressions') ?? ownTable(directory, tables), notes)
  const mapPath =
    options.mapPath ?? (existsSync(join(directory, MAP_FILE)) ? join(directory, MAP_FILE) : undefined)
  const map = logMapFor(shown.columns, mapPath)
  const sides: SideTable[] = []
  for (const [role, of] of [
    ['content_features', 'item'],
    ['user_features', 'user'],
  ] as const) {
    const paths = tables.get(role)
    if (paths === undefined) continue
    if (map[of] === undefined) notes.push(`${paths[0]!}: not read, since the map names no ${of}`)
    else sides.push({ of, ...(await joined(directory, paths, notes)) })
  }
  const audited = auditedRows(shown, { map, nowMs, ...options })
  const opened = await openTable(
    shown.path,
    { rows: audited.rows, columns: shown.columns },
    { ...options, ...(mapPath === undefined ? {} : { mapPath }) },
    sides,
  )
  const log: FeedLog = {
    ...opened.log,
    name: basename(directory),
    notes: [...notes, ...(opened.log.notes ?? [])],
    audit: audited.audit,
  }
  return { log, feed: opened.feed }
}

/** Paths of the tables by what they are: by a name of the contract, or by their own. */
function tablesOf(directory: string): Map<string, string[]> {
  if (!existsSync(directory)) throw new LogUnreadableError(directory, 'there is no such folder')
  if (!statSync(directory).isDirectory())
    throw new LogUnreadableError(
      directory,
      "is a file; name the folder it is in, or read it as '--dataset csv' or '--dataset parquet' with --path",
    )
  const tables = new Map<string, string[]>()
  for (const name of readdirSync(directory).sort()) {
    const stem = TABLE.exec(name)?.[1]
    if (stem === undefined) continue
    const role: string = ROLES.find((role) => isPart(stem, role)) ?? stem
    tables.set(role, [...(tables.get(role) ?? []), join(directory, name)])
  }
  if (tables.size > 0) return tables
  throw new LogUnreadableError(
    directory,
    'holds no table: put a CSV or Parquet file there with a row per shown item, or make one with feedloop dataset synthesize',
  )
}

const isPart = (stem: string, role: Role) => stem === role || new RegExp(`^${role}[-_.]?\\d`).test(stem)

/** All that has no name of the contract. @throws LogUnreadableError when there is none */
function ownTable(directory: string, tables: ReadonlyMap<string, string[]>): string[] {
  const own = [...tables].filter(([name]) => !ROLES.includes(name as Role)).flatMap(([, paths]) => paths)
  if (own.length > 0) return own
  throw new LogUnreadableError(
    directory,
    `holds ${[...tables.keys()].join(', ')} but no impressions: the table of what was shown and what came of it`,
  )
}

/** One table of several files. @throws LogUnreadableError when their columns are not the same */
async function joined(directory: string, paths: readonly string[], notes: string[]): Promise<Table> {
  const opened: Table[] = []
  for (const path of paths) opened.push(await openedTable(path))
  const [first] = opened
  for (const other of opened.slice(1)) {
    const missing = first!.columns.filter((name) => !other.columns.includes(name))
    const further = other.columns.filter((name) => !first!.columns.includes(name))
    if (missing.length === 0 && further.length === 0) continue
    const differs = [
      ...missing.map((name) => `${name} is only in ${basename(first!.path)}`),
      ...further.map((name) => `${name} is only in ${basename(other.path)}`),
    ]
    throw new LogUnreadableError(
      other.path,
      `has other columns than ${basename(first!.path)}: ${differs.slice(0, 6).join(', ')}. Files of one folder are parts of one table: give them the same columns, or move one out of ${directory}`,
    )
  }
  const parquet = new Set(opened.filter(isParquet).map(({ path }) => stemOf(path)))
  const read = opened.filter((table) => isParquet(table) || !parquet.has(stemOf(table.path)))
  if (read.length < opened.length)
    notes.push(`${directory}: ${stemOf(paths[0]!)} is there as CSV and as Parquet: read as Parquet`)
  if (read.length === 1) return read[0]!
  notes.push(`${directory}: read one after another: ${read.map(({ path }) => basename(path)).join(', ')}`)
  return {
    path: directory,
    columns: first!.columns,
    rows: async function* rows() {
      for (const table of read) yield* table.rows()
    },
  }
}

const isParquet = ({ path }: Table) => /\.parquet$/i.test(path)
const stemOf = (path: string) => TABLE.exec(basename(path))![1]!

async function openedTable(path: string): Promise<Table> {
  if (/\.parquet$/i.test(path)) {
    const { columns, rows } = await openParquet(path)
    return { path, rows, columns: columns.map(({ name }) => name) }
  }
  return { path, columns: await columnsOf(path), rows: () => readRows(path) }
}

/** Rows without those of a key that was there, each time from the beginning; the audit is that of the last whole reading. */
function auditedRows(
  { rows }: Table,
  { map, nowMs, timeZone }: { map: LogMap; nowMs: number } & DataSetOptions,
): { rows: TableRows; audit(): LabelAudit } {
  let latest = createLabelAudit()
  const { user, item, request, time, label } = map
  const keys = [user, item, request ?? time].filter((column) => column !== undefined)
  const isKeyed = keys.length > 1

  async function* read(): AsyncIterable<PlacedRow> {
    const audit = createLabelAudit()
    for await (const placed of rows()) {
      const { row, place } = placed
      if (time !== undefined) {
        const { atMs } = logTimeOf(row, time, place, timeZone)
        if (atMs > nowMs + AHEAD_MS_MAX) {
          throw new LogUnreadableError(
            place.path,
            `line ${String(place.line)}: ${time} is ${new Date(atMs).toISOString()}, which is in the future: check its unit and zone (--timezone), or name another column as "time" in the map`,
          )
        }
      }
      const where = () =>
        `${basename(place.path)} line ${String(place.line)}: ${keys.map((key) => `${key} ${row[key] ?? ''}`).join(', ')}`
      const key = keys.map((name) => row[name] ?? '').join('\u001f')
      if (!isKeyed || audit.see(key, row[label] ?? '', where)) yield placed
    }
    latest = audit
  }

  return { rows: read, audit: () => latest.audit() }
}
