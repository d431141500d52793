import { isTimeZone } from '#feature-store'
import { columnsOf, LogUnreadableError, openParquet, readRows } from '#feature-store/files'
import type { DataSetOptions, FeedLog } from './feed-log.ts'
import { type LogFeed, movieLensFeed, openBanditFeed } from './feeds.ts'
import { openKuaiRandLog } from './fs-kuairand.ts'
import { openMindLog } from './fs-mind.ts'
import { openMovieLensLog } from './fs-movielens.ts'
import { openOpenBanditLog } from './fs-open-bandit.ts'
import { openFolder } from './fs-folder.ts'
import { openTable } from './fs-table.ts'
import { inferLogMap, type LogMap } from './log-map.ts'
import { kuaiRandFeed, mindFeed } from './news-feeds.ts'

/** A log that can be played, and the feed that it is tried with when none is given. */
export interface OpenedLog {
  log: FeedLog
  feed: LogFeed
}

/** @throws LogUnreadableError */
export type DataSet = (path: string, options: DataSetOptions) => Promise<OpenedLog>

const known =
  (open: (path: string, options: DataSetOptions) => Promise<FeedLog>, feed: () => LogFeed): DataSet =>
  async (path, options) => ({ log: await open(path, options), feed: feed() })

/** Every data set, by the name that commands take: whoever adds a reader adds a line here. */
export const DATA_SETS: Readonly<Record<string, DataSet>> = {
  'open-bandit': known(openOpenBanditLog, openBanditFeed),
  movielens: known(openMovieLensLog, movieLensFeed),
  mind: known(openMindLog, mindFeed),
  kuairand: known(openKuaiRandLog, kuaiRandFeed),
  csv: async (path, options) =>
    openTable(path, { rows: () => readRows(path), columns: await columnsOf(path) }, options),
  folder: openFolder,
  parquet: async (path, options) => {
    const { columns, rows } = await openParquet(path)
    return openTable(path, { rows, columns: columns.map(({ name }) => name) }, options)
  },
}

interface LogFlags {
  map?: string
  timezone?: string
}

/** What the flags of a command say of a log. @throws LogUnreadableError for a zone that is none */
export function dataSetOptions({ map, timezone }: LogFlags): DataSetOptions {
  if (timezone !== undefined && !isTimeZone(timezone))
    throw new LogUnreadableError('--timezone', `${timezone} is no name of a time zone, like Europe/Berlin`)
  return {
    ...(map === undefined ? {} : { mapPath: map }),
    ...(timezone === undefined ? {} : { timeZone: timezone }),
  }
}

/** A map for a table, proposed by the names of its columns. @throws LogUnreadableError */
export async function proposedLogMap(path: string, dataset: string): Promise<LogMap> {
  if (dataset !== 'csv' && dataset !== 'parquet')
    throw new LogUnreadableError(path, `a map is for --dataset csv and parquet; ${dataset} needs none`)
  if (dataset === 'csv') return inferLogMap(await columnsOf(path))
  return inferLogMap((await openParquet(path)).columns.map(({ name }) => name))
}
