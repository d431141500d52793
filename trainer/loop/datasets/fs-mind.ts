import { existsSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Attribute } from '#schemas'
import { findFile, LogUnreadableError, readRows, type RowFormat } from '#feature-store/files'
import type { DataSetOptions, FeedLog, LogEntry } from './feed-log.ts'
import {
  MIND_BEHAVIORS,
  MIND_NEWS,
  mindAttributes,
  mindImpression,
  mindPast,
  mindRequest,
  type MindImpression,
} from './mind.ts'
import { createDoubledRows, createRepeatedIds } from './repeated-ids.ts'

/** The file is in no order, so all of it is held: a few KiB an impression. */
const IMPRESSIONS_MAX = 2_500_000

/** Tabs, and quotation marks that are letters like others. */
const format = (columns: readonly string[]): RowFormat => ({ delimiter: '\t', quotes: false, columns })

/**
 * Opens a folder in the format of MIND: `behaviors.tsv` and `news.tsv`, plain or packed.
 *
 * An item is told when it appears first, so that its age is that; one that `news.tsv` lacks has no attributes. What a user had
 * clicked before their first impression is told at the log's beginning, as `read`.
 *
 * @throws LogUnreadableError when a file is missing, empty or not of this format
 * @see Wu et al. 2020, MIND: A Large-scale Dataset for News Recommendation, ACL 2020
 */
export async function openMindLog(path: string, { timeZone }: DataSetOptions = {}): Promise<FeedLog> {
  const { behaviors, news } = filesOf(path)
  const described = new Map<string, Attribute[]>()
  for await (const { row } of readRows(news, format(MIND_NEWS)))
    described.set(row['newsId']!, mindAttributes(row))
  const { impressions, notes } = await impressionsOf(behaviors, timeZone)

  async function* entries(): AsyncIterable<LogEntry> {
    const told = new Set<string>()
    const startMs = impressions[0]!.atMs
    function* tell(newsIds: readonly string[], atMs: number): Iterable<LogEntry> {
      for (const itemId of newsIds) {
        if (told.has(itemId)) continue
        told.add(itemId)
        yield {
          kind: 'item',
          atMs,
          item: { itemId, occurredAtMs: atMs, attributes: described.get(itemId) ?? [] },
        }
      }
    }
    for (const { userId, history } of firstOfEachUser(impressions)) {
      yield* tell(history, startMs)
      for (const interaction of mindPast(userId, history, startMs))
        yield { kind: 'interaction', atMs: startMs, interaction }
    }
    const idOf = createRepeatedIds()
    for (const impression of impressions) {
      const request = mindRequest(impression, idOf(`mind-${impression.impressionId}`))
      yield* tell(request.request.candidates, impression.atMs)
      yield request
    }
  }
  return { name: 'mind', impressions: impressions.length, notes, entries }
}

function filesOf(path: string): { behaviors: string; news: string } {
  if (!existsSync(path)) throw new LogUnreadableError(path, 'there is no such folder')
  const isFolder = statSync(path).isDirectory()
  const directory = isFolder ? path : dirname(path)
  const behaviors = isFolder ? findFile(directory, 'behaviors.tsv') : path
  const news = findFile(directory, 'news.tsv')
  if (behaviors === undefined)
    throw new LogUnreadableError(directory, 'expected behaviors.tsv there, plain or packed (.gz, .zst)')
  if (news === undefined) throw new LogUnreadableError(join(directory, 'news.tsv'), 'there is no such file')
  return { behaviors, news }
}

async function impressionsOf(
  path: string,
  timeZone: string | undefined,
): Promise<{ impressions: MindImpression[]; notes: string[] }> {
  const found: { impression: MindImpression; values: string[] }[] = []
  let latestMs = 0
  let late = false
  for await (const { row, place } of readRows(path, format(MIND_BEHAVIORS))) {
    const impression = mindImpression(row, place, timeZone)
    late ||= impression.atMs < latestMs
    latestMs = impression.atMs
    found.push({ impression, values: Object.values(row) })
    if (found.length > IMPRESSIONS_MAX)
      throw new LogUnreadableError(
        path,
        `holds more than ${String(IMPRESSIONS_MAX)} impressions; take a part of it`,
      )
  }
  if (found.length === 0) throw new LogUnreadableError(path, 'holds no impressions')
  const doubled = createDoubledRows(path)
  const impressions = found
    .sort((left, right) => left.impression.atMs - right.impression.atMs)
    .filter(({ impression, values }) => doubled.isFirst(impression.atMs, values))
    .map(({ impression }) => impression)
  const sorted = late ? [`${path}: not in the order of time, as MIND's files are: sorted`] : []
  return { impressions, notes: [...sorted, ...doubled.lines()] }
}

function firstOfEachUser(impressions: readonly MindImpression[]): MindImpression[] {
  const seen = new Set<string>()
  return impressions.filter(({ userId }) => !seen.has(userId) && seen.add(userId))
}
