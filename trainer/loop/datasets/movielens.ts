import { joinedId } from '#schemas'
import { type CsvRow, type LogTime, logTimeOf, numberOf, type RowPlace, textOf } from '#feature-store/files'
import { number, text, type LogEntry } from './feed-log.ts'

/** Ratings from this value on count as a like. */
export const LIKE_RATING_MIN = 4

export interface Rating {
  userId: string
  movieId: string
  rating: number
  atMs: number
  /** What the number was in; the files of MovieLens say seconds. */
  unit: LogTime['unit']
}

/** A row of ratings.csv. */
export function movieLensRating(row: CsvRow, place: RowPlace, timeZone?: string): Rating {
  return {
    userId: textOf(row, 'userId', place),
    movieId: textOf(row, 'movieId', place),
    rating: numberOf(row, 'rating', place),
    ...logTimeOf(row, 'timestamp', place, timeZone),
  }
}

/** A row of movies.csv: its genres, how many, and the year in the title's brackets the year. */
export function movieLensItem(
  row: CsvRow,
  place: RowPlace,
  atMs: number,
): Extract<LogEntry, { kind: 'item' }> {
  const title = textOf(row, 'title', place)
  const genres = genresOf(textOf(row, 'genres', place))
  const year = /\((\d{4})\)\s*$/.exec(title)?.[1] ?? /^\d{4}$/.exec(row['year'] ?? '')?.[0]
  const attributes = [...genres.map((genre) => text('genre', genre)), number('genres', genres.length)]
  if (year !== undefined) attributes.push(number('year', Number(year)))
  return {
    kind: 'item',
    atMs,
    item: { itemId: movieItemId(textOf(row, 'movieId', place)), occurredAtMs: atMs, attributes },
  }
}

/** Divided by bars, or by blanks as in the atomic files. */
const genresOf = (genres: string) => (genres.startsWith('(') ? [genres] : genres.split(/[| ]+/))

/**
 * A rating as a rank request for that one movie, seen, and liked from four stars on. The rating is the value of both.
 *
 * @param idOf makes the id of a film that one user rated twice another one
 */
export function movieLensImpression(
  { userId, movieId, rating, atMs }: Omit<Rating, 'unit'>,
  idOf: (id: string) => string,
): Extract<LogEntry, { kind: 'impression' }> {
  const requestId = idOf(`ml-${joinedId('-', [userId, movieId])}`)
  const user = `u${userId}`
  const itemId = movieItemId(movieId)
  const outcome = (type: string, value: number) => ({
    interactionId: `${requestId}.${type}`,
    userId: user,
    itemId,
    type,
    occurredAtMs: atMs,
    requestId,
    position: 0,
    value,
  })
  const outcomes = [outcome('view', rating)]
  if (rating >= LIKE_RATING_MIN) outcomes.push(outcome('like', rating))
  const request = { requestId, userId: user, occurredAtMs: atMs, candidates: [itemId], context: [] }
  return { kind: 'impression', atMs, request, outcomes }
}

/** By time; equal times keep the file's order. */
export function byTime(ratings: Rating[]): Rating[] {
  return ratings.sort((left, right) => left.atMs - right.atMs)
}

const movieItemId = (movieId: string) => `m${movieId}`
