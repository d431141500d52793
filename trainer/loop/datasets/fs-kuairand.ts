import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Attribute } from '#schemas'
import { createUnitNotes, logTimeOf, LogUnreadableError, readRows, textOf } from '#feature-store/files'
import { mergeByTime, type DataSetOptions, type FeedLog, type LogEntry } from './feed-log.ts'
import {
  KUAIRAND_COLUMNS,
  kuaiRandImpression,
  kuaiRandItemId,
  kuaiRandUser,
  kuaiRandUserId,
  kuaiRandVideo,
  kuaiRandVideoOfLog,
} from './kuairand.ts'
import { inOrder, type OrderedRows, type TimedRow } from './ordered-rows.ts'
import { createDoubledRows, createRepeatedIds } from './repeated-ids.ts'

/**
 * Opens a folder in the format of KuaiRand: every `log_*.csv`, merged by time, with `video_features_basic_*.csv` and
 * `user_features_*.csv` where they are. Videos and users are told when they first appear.
 *
 * @throws LogUnreadableError when there is no log or a row cannot be read
 * @see Gao et al. 2022, KuaiRand: An Unbiased Sequential Recommendation Dataset with Randomly Exposed Videos, CIKM 2022
 */
export async function openKuaiRandLog(
  directory: string,
  { timeZone }: DataSetOptions = {},
): Promise<FeedLog> {
  if (!existsSync(directory)) throw new LogUnreadableError(directory, 'there is no such folder')
  const files = (start: string) =>
    readdirSync(directory)
      .filter((file) => file.startsWith(start) && /\.csv(\.gz|\.zst)?$/.test(file))
      .sort()
      .map((file) => join(directory, file))
  const paths = files('log_')
  if (paths.length === 0) throw new LogUnreadableError(directory, 'expected log_*.csv there')
  const logs = await Promise.all(paths.map((path) => openLog(path, timeZone)))
  const videos = await described(files('video_features_basic'), 'video_id', kuaiRandItemId, (row, place) =>
    kuaiRandVideo(row, place),
  )
  const users = await described(files('user_features'), 'user_id', kuaiRandUserId, kuaiRandUser)
  const doubled = createDoubledRows(directory)

  async function* entries(): AsyncIterable<LogEntry> {
    const told = new Set<string>()
    const idOf = createRepeatedIds()
    const rowsTold = createDoubledRows(directory)
    for await (const row of mergeByTime(logs.map(({ rows }) => rows()))) {
      if (!rowsTold.isFirst(row.atMs, Object.values(row.row))) continue
      const impression = kuaiRandImpression(row, idOf)
      const { userId, candidates } = impression.request
      const { atMs } = impression
      const itemId = candidates[0]!
      if (!told.has(itemId)) {
        const attributes = videos.get(itemId) ?? kuaiRandVideoOfLog(row.row, row.place)
        yield { kind: 'item', atMs, item: { itemId, occurredAtMs: atMs, attributes } }
      }
      if (!told.has(userId) && users.size > 0)
        yield {
          kind: 'user',
          atMs,
          user: { userId, occurredAtMs: atMs, attributes: users.get(userId) ?? [] },
        }
      told.add(itemId).add(userId)
      yield impression
    }
  }
  let rows = 0
  for await (const { row, atMs } of mergeByTime(logs.map((log) => log.rows())))
    if (doubled.isFirst(atMs, Object.values(row))) rows++
  const notes = [...logs.flatMap((log) => log.notes), ...doubled.lines()]
  return { name: 'kuairand', impressions: rows, notes, entries }
}

async function openLog(path: string, timeZone: string | undefined): Promise<OrderedRows<TimedRow>> {
  const units = createUnitNotes(path, 'time_ms', 'milliseconds')
  let readings = 0
  const log = await inOrder(path, () => timedRows(path, timeZone, readings++ === 0 ? units : null))
  return { ...log, notes: [...log.notes, ...units.lines()] }
}

async function* timedRows(
  path: string,
  timeZone: string | undefined,
  units: ReturnType<typeof createUnitNotes> | null,
): AsyncIterable<TimedRow> {
  for await (const { row, place } of readRows(path, { needs: KUAIRAND_COLUMNS })) {
    const time = logTimeOf(row, 'time_ms', place, timeZone)
    units?.note(time)
    yield { row, place, atMs: time.atMs }
  }
}

async function described(
  paths: readonly string[],
  idColumn: string,
  idOf: (id: string) => string,
  attributesOf: (row: TimedRow['row'], place: TimedRow['place']) => Attribute[],
): Promise<ReadonlyMap<string, Attribute[]>> {
  const found = new Map<string, Attribute[]>()
  for (const path of paths)
    for await (const { row, place } of readRows(path, { needs: [idColumn] }))
      found.set(idOf(textOf(row, idColumn, place)), attributesOf(row, place))
  return found
}
