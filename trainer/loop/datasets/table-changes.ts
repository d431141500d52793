import type { Attribute } from '#schemas'
import { number } from './feed-log.ts'
import type { TimedRow } from './ordered-rows.ts'
import type { TableShape } from './table-entries.ts'
import { aboveSuffix, CHANGE_SUFFIX, MEAN_ROWS } from './table-names.ts'

interface Course {
  last: number
  rows: number
  /** One per span of rows. */
  means: number[]
}

/**
 * How each number of a row stands to the rows before: its change since the last one, and how far it is above its mean over
 * about as many rows as MEAN_ROWS say, in which older ones fade. A first row says nothing.
 */
export function createChanges(
  columns: readonly string[],
  { names, facts }: Pick<TableShape, 'names' | 'facts'>,
) {
  const numbers = columns.filter((column) => facts.columns.get(column)?.kind === 'number')
  const courses = new Map<string, Course>()

  function noted(column: string, value: number): void {
    const course = courses.get(column)
    if (course === undefined) {
      courses.set(column, { last: value, rows: 1, means: MEAN_ROWS.map(() => value) })
      return
    }
    course.last = value
    course.rows += 1
    for (const [n, span] of MEAN_ROWS.entries())
      course.means[n]! += (value - course.means[n]!) / Math.min(course.rows, span)
  }

  return ({ row }: Pick<TimedRow, 'row'>): Attribute[] =>
    numbers.flatMap((column) => {
      const value = (row[column] ?? '').trim() === '' ? Number.NaN : Number(row[column])
      if (!Number.isFinite(value)) return []
      const name = names.get(column)!
      const course = courses.get(column)
      const found =
        course === undefined
          ? []
          : [
              number(`${name}${CHANGE_SUFFIX}`, value - course.last),
              ...MEAN_ROWS.map((span, n) => number(`${name}${aboveSuffix(span)}`, value - course.means[n]!)),
            ]
      noted(column, value)
      return found
    })
}
