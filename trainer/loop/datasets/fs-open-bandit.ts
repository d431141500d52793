import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { findFile, logTimeOf, LogUnreadableError, readRows } from '#feature-store/files'
import { mergeByTime, type DataSetOptions, type FeedLog, type LogEntry } from './feed-log.ts'
import {
  OPEN_BANDIT_CAMPAIGNS,
  OPEN_BANDIT_COLUMNS,
  OPEN_BANDIT_POLICIES,
  openBanditImpression,
  openBanditItem,
  openBanditUser,
} from './open-bandit.ts'
import { inOrder, type TimedRow } from './ordered-rows.ts'

/**
 * Opens an Open Bandit folder of one campaign (men, women or all): `random_men.csv`, `bts_men.csv` or both (then merged by
 * time), plain or packed, and `item_context_men.csv`. A log that is in order streams; memory does not depend on its size.
 *
 * @throws LogUnreadableError when the folder holds no campaign, more than one, or no items
 */
export async function openOpenBanditLog(
  directory: string,
  { timeZone }: DataSetOptions = {},
): Promise<FeedLog> {
  const { campaign, files } = campaignOf(directory)
  const itemsPath = findFile(directory, `item_context_${campaign}.csv`)
  if (itemsPath === undefined)
    throw new LogUnreadableError(join(directory, `item_context_${campaign}.csv`), 'there is no such file')
  const logs = await Promise.all(
    files.map(async ({ name, path }) => ({
      name,
      ...(await inOrder(path, () => timedRows(path, timeZone))),
    })),
  )

  async function* itemEntries(atMs: number): AsyncIterable<LogEntry> {
    for await (const { row, place } of readRows(itemsPath!)) yield openBanditItem(row, place, atMs)
  }

  async function* entries(): AsyncIterable<LogEntry> {
    let itemsTold = false
    for await (const entry of mergeByTime(logs.map(({ name, rows }) => entriesOf(name, rows())))) {
      if (!itemsTold) yield* itemEntries(entry.atMs)
      itemsTold = true
      yield entry
    }
  }
  return {
    name: 'open-bandit',
    impressions: logs.reduce((sum, { count }) => sum + count, 0),
    notes: logs.flatMap(({ notes }) => notes),
    entries,
  }
}

function campaignOf(directory: string): { campaign: string; files: { name: string; path: string }[] } {
  if (!existsSync(directory)) throw new LogUnreadableError(directory, 'there is no such folder')
  const found = OPEN_BANDIT_CAMPAIGNS.flatMap((campaign) => {
    const files = OPEN_BANDIT_POLICIES.flatMap((policy) => {
      const name = `${policy}_${campaign}`
      const path = findFile(directory, `${name}.csv`)
      return path === undefined ? [] : [{ name, path }]
    })
    return files.length === 0 ? [] : [{ campaign, files }]
  })
  if (found.length === 1) return found[0]!
  if (found.length > 1) {
    const campaigns = found.map(({ campaign }) => campaign).join(' and ')
    throw new LogUnreadableError(
      directory,
      `holds the campaigns ${campaigns}, whose items are others: a folder for each`,
    )
  }
  throw new LogUnreadableError(
    directory,
    'expected random_men.csv.gz or bts_men.csv.gz there (or women, or all instead of men)',
  )
}

async function* timedRows(path: string, timeZone: string | undefined): AsyncIterable<TimedRow> {
  for await (const { row, place } of readRows(path, { needs: OPEN_BANDIT_COLUMNS }))
    yield { row, place, atMs: logTimeOf(row, 'timestamp', place, timeZone).atMs }
}

async function* entriesOf(name: string, rows: AsyncIterable<TimedRow>): AsyncIterable<LogEntry> {
  const usersSeen = new Set<string>()
  for await (const row of rows) {
    const user = openBanditUser(row)
    if (!usersSeen.has(user.user.userId)) yield user
    usersSeen.add(user.user.userId)
    yield openBanditImpression(name, row)
  }
}
