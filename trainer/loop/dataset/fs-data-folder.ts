import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { LogUnreadableError, openTableWriter, type TableFormat } from '#feature-store/files'
import type { FaultPlanter } from './faults.ts'
import { FEED_TABLES, type FeedTable, IMPRESSIONS_MAP, TABLE_NAMES } from './feed-tables.ts'
import { folderReadme } from './folder-readme.ts'
import type { TablesSink } from './synthesize.ts'
import type { Truth } from './truth.ts'

export interface DataFolder extends TablesSink {
  /** Ends the tables and writes what stands beside them. @returns rows by table */
  close(truth: Truth): Record<FeedTable, number>
}

/** @throws LogUnreadableError when the folder holds something already */
export function openDataFolder(
  path: string,
  formats: readonly TableFormat[],
  faults: FaultPlanter | null,
): DataFolder {
  mkdirSync(path, { recursive: true })
  if (readdirSync(path).length > 0)
    throw new LogUnreadableError(path, 'is not empty; name another folder with --out, or empty this one')
  const columnsOf = (table: FeedTable) => faults?.columns(table) ?? FEED_TABLES[table]
  const open = (table: FeedTable) =>
    formats.map((format) => openTableWriter(join(path, `${table}.${format}`), format, columnsOf(table)))
  const writers = Object.fromEntries(TABLE_NAMES.map((table) => [table, open(table)]))
  const json = (name: string, value: unknown) =>
    writeFileSync(join(path, name), `${JSON.stringify(value, null, 2)}\n`)

  return {
    add(table, cells) {
      const rows = faults?.plant(table, cells) ?? [cells]
      for (const row of rows) for (const writer of writers[table]!) writer.add(row)
    },
    close(truth) {
      for (const writer of Object.values(writers).flat()) writer.close()
      const rows = Object.fromEntries(
        TABLE_NAMES.map((table) => [table, writers[table]![0]!.rows]),
      ) as Record<FeedTable, number>
      json('map.json', IMPRESSIONS_MAP)
      json('truth.json', truth)
      if (faults !== null) json('faults.json', faults.planted)
      writeFileSync(
        join(path, 'README.md'),
        folderReadme(truth, { rows, formats, faults: faults?.planted ?? [] }),
      )
      return rows
    },
  }
}
