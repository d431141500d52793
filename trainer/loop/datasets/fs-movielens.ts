import { join } from 'node:path'
import { LogUnreadableError } from './errors.ts'
import type { FeedLog, LogEntry } from './feed-log.ts'
import { readCsv } from './fs-csv.ts'
import { createUnitNotes } from './log-time.ts'
import { byTime, movieLensImpression, movieLensItem, movieLensRating, type Rating } from './movielens.ts'

/** The file is sorted by user; sorting by time holds it in memory (about 100 bytes a rating). */
const RATINGS_MAX = 5_000_000

/**
 * Opens a MovieLens folder: `ratings.csv` and `movies.csv`. All movies are told at the time of the first rating.
 *
 * @throws LogUnreadableError when a file is missing, empty or holds more than 5,000,000 ratings
 */
export async function openMovieLensLog(directory: string): Promise<FeedLog> {
  const ratingsPath = join(directory, 'ratings.csv')
  const ratings: Rating[] = []
  const units = createUnitNotes(ratingsPath, 'timestamp', 'seconds')
  for await (const { row, place } of readCsv(ratingsPath)) {
    const rating = movieLensRating(row, place)
    units.note(rating)
    ratings.push(rating)
    if (ratings.length > RATINGS_MAX) {
      throw new LogUnreadableError(
        ratingsPath,
        `holds more than ${String(RATINGS_MAX)} ratings; take a smaller version`,
      )
    }
  }
  const [first] = byTime(ratings)
  if (first === undefined) throw new LogUnreadableError(ratingsPath, 'holds no ratings')

  async function* entries(): AsyncIterable<LogEntry> {
    for await (const { row, place } of readCsv(join(directory, 'movies.csv')))
      yield movieLensItem(row, place, first!.atMs)
    for (const rating of ratings) yield movieLensImpression(rating)
  }
  return { name: 'movielens', impressions: ratings.length, notes: units.lines(), entries }
}
