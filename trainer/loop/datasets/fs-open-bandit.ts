import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { LogUnreadableError } from './errors.ts'
import { mergeByTime, type FeedLog, type LogEntry } from './feed-log.ts'
import { countRows, readCsv } from './fs-csv.ts'
import { OPEN_BANDIT_CAMPAIGNS, openBanditImpression, openBanditItem, openBanditUser } from './open-bandit.ts'

const ITEMS_FILE = 'item_context_men.csv'

/**
 * Opens an Open Bandit folder: `random_men.csv[.gz]`, `bts_men.csv[.gz]` or both (then merged by time), and
 * `item_context_men.csv`. Streams; memory does not depend on the size of the log.
 *
 * @throws LogUnreadableError when the folder holds neither campaign or no items
 */
export async function openOpenBanditLog(directory: string): Promise<FeedLog> {
  const campaigns = OPEN_BANDIT_CAMPAIGNS.flatMap((campaign) => {
    const path = [`${campaign}.csv.gz`, `${campaign}.csv`]
      .map((file) => join(directory, file))
      .find(existsSync)
    return path === undefined ? [] : [{ campaign, path }]
  })
  if (campaigns.length === 0) {
    throw new LogUnreadableError(
      directory,
      `expected ${OPEN_BANDIT_CAMPAIGNS.map((one) => `${one}.csv.gz`).join(' or ')} there`,
    )
  }
  const itemsPath = join(directory, ITEMS_FILE)
  if (!existsSync(itemsPath)) throw new LogUnreadableError(itemsPath, 'there is no such file')
  const counts = await Promise.all(campaigns.map(({ path }) => countRows(path)))

  async function* campaignEntries({
    campaign,
    path,
  }: {
    campaign: string
    path: string
  }): AsyncIterable<LogEntry> {
    const usersSeen = new Set<string>()
    for await (const { row, place } of readCsv(path)) {
      const user = openBanditUser(row, place)
      if (!usersSeen.has(user.user.userId)) yield user
      usersSeen.add(user.user.userId)
      yield openBanditImpression(campaign, row, place)
    }
  }

  async function* itemEntries(atMs: number): AsyncIterable<LogEntry> {
    for await (const { row, place } of readCsv(itemsPath)) yield openBanditItem(row, place, atMs)
  }

  async function* entries(): AsyncIterable<LogEntry> {
    let itemsTold = false
    for await (const entry of mergeByTime(campaigns.map(campaignEntries))) {
      if (!itemsTold) yield* itemEntries(entry.atMs)
      itemsTold = true
      yield entry
    }
  }
  return { name: 'open-bandit', impressions: counts.reduce((sum, count) => sum + count, 0), entries }
}
