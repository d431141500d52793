import { existsSync } from 'node:fs'
import { createUnitNotes, findFile, LogUnreadableError, type PlacedRow, readRows } from '#feature-store/files'
import type { DataSetOptions, FeedLog, LogEntry } from './feed-log.ts'
import { byTime, movieLensImpression, movieLensItem, movieLensRating, type Rating } from './movielens.ts'
import { createDoubledRows, createRepeatedIds } from './repeated-ids.ts'

/** The file is sorted by user; sorting by time holds it in memory (about 100 bytes a rating). */
const RATINGS_MAX = 5_000_000

/** Columns of the atomic files of ml-100k (`user_id:token`), by the names that the `ml-latest` folders use. */
const ATOMIC = {
  'user_id:token': 'userId',
  'item_id:token': 'movieId',
  'rating:float': 'rating',
  'timestamp:float': 'timestamp',
  'movie_title:token_seq': 'title',
  'class:token_seq': 'genres',
  'release_year:token': 'year',
} as const

interface Files {
  ratings: string
  movies: string
  read: (path: string, needs: readonly string[]) => AsyncIterable<PlacedRow>
}

/**
 * Opens a MovieLens folder: `ratings.csv` and `movies.csv` (ml-latest), or `*.inter` and `*.item` (the atomic files of
 * ml-100k). All movies are told at the time of the first rating.
 *
 * @throws LogUnreadableError when a file is missing, empty or holds more than 5,000,000 ratings
 */
export async function openMovieLensLog(directory: string, options: DataSetOptions = {}): Promise<FeedLog> {
  const { ratings: path, movies, read } = filesOf(directory)
  const units = createUnitNotes(path, 'timestamp', 'seconds')
  const doubled = createDoubledRows(path)
  const found: Rating[] = []
  for await (const { row, place } of read(path, ['userId', 'movieId', 'rating', 'timestamp'])) {
    const rating = movieLensRating(row, place, options.timeZone)
    units.note(rating)
    found.push(rating)
    if (found.length > RATINGS_MAX) {
      throw new LogUnreadableError(
        path,
        `holds more than ${String(RATINGS_MAX)} ratings; take a smaller version`,
      )
    }
  }
  const ratings = byTime(found).filter(({ atMs, userId, movieId, rating }) =>
    doubled.isFirst(atMs, [userId, movieId, String(rating)]),
  )
  const [first] = ratings
  if (first === undefined) throw new LogUnreadableError(path, 'holds no ratings')

  async function* entries(): AsyncIterable<LogEntry> {
    for await (const { row, place } of read(movies, ['movieId', 'title', 'genres']))
      yield movieLensItem(row, place, first!.atMs)
    const idOf = createRepeatedIds()
    for (const rating of ratings) yield movieLensImpression(rating, idOf)
  }
  const notes = [...units.lines(), ...doubled.lines()]
  return { name: 'movielens', impressions: ratings.length, notes, entries }
}

function filesOf(directory: string): Files {
  if (!existsSync(directory)) throw new LogUnreadableError(directory, 'there is no such folder')
  const [ratings, movies] = [findFile(directory, 'ratings.csv'), findFile(directory, 'movies.csv')]
  if (ratings !== undefined && movies !== undefined)
    return { ratings, movies, read: (path, needs) => readRows(path, { needs }) }
  const [inter, item] = [findFile(directory, 'ml-100k.inter'), findFile(directory, 'ml-100k.item')]
  if (inter !== undefined && item !== undefined) return { ratings: inter, movies: item, read: readAtomic }
  throw new LogUnreadableError(
    directory,
    'expected ratings.csv and movies.csv there, or ml-100k.inter and ml-100k.item',
  )
}

async function* readAtomic(path: string, needs: readonly string[]): AsyncIterable<PlacedRow> {
  const wanted = Object.entries(ATOMIC).flatMap(([atomic, name]) => (needs.includes(name) ? [atomic] : []))
  for await (const { row, place } of readRows(path, { delimiter: '\t', needs: wanted })) {
    const known = Object.entries(ATOMIC).flatMap(([atomic, name]) =>
      row[atomic] === undefined ? [] : [[name, row[atomic]] as const],
    )
    yield { row: Object.fromEntries(known), place }
  }
}
