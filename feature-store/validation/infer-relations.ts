import { type CellRow, cellNumber, cellText } from '../files/index.ts'
import { createFingerprints } from './fingerprints.ts'
import { kindOfColumn } from './infer-column.ts'
import type { ColumnProfile, TableProfile } from './profile.ts'
import type { Expectation } from './suite.ts'

export interface InferRelationsOptions {
  profiles: readonly TableProfile[]
  faultShareMax: number
  onRows?: (rows: number) => void | Promise<void>
}

/** A guess about several columns that a second pass counts the exceptions of. */
interface Guess {
  expectation: Expectation
  see(row: CellRow): void
  /** Rows that break it, and rows that it is about. */
  counts(): { broken: number; of: number }
  /** Whether it says something that others before it do not. */
  after?: (held: readonly Guess[]) => boolean
}

const ROWS_MIN = 20
const PAIRS_MAX = 6
/** An implication that was never put to the test says nothing. */
const IMPLIED_MIN = 20
const GROUPS_MAX = 2_000_000
const ROWS_PER_TURN = 5_000

/** What can be expected of columns together: keys of two columns, references, order within a group, implications. */
export async function inferRelations(
  profile: TableProfile,
  { profiles, faultShareMax, onRows }: InferRelationsOptions,
): Promise<Expectation[]> {
  if (profile.rows < ROWS_MIN) return []
  const guesses = [
    ...keyGuesses(profile, faultShareMax),
    ...referenceGuesses(profile, profiles),
    ...implicationGuesses(profile, faultShareMax),
    ...counterGuesses(profile, faultShareMax),
  ]
  if (guesses.length === 0) return []
  let rows = 0
  for await (const { row } of profile.table.rows()) {
    for (const guess of guesses) guess.see(row)
    if (++rows % ROWS_PER_TURN === 0) await onRows?.(ROWS_PER_TURN)
  }
  const held: Guess[] = []
  for (const guess of guesses) {
    const { broken, of } = guess.counts()
    if (of > 0 && broken <= of * faultShareMax && (guess.after?.(held) ?? true)) held.push(guess)
  }
  return held.map(({ expectation }) => expectation)
}

const isId = ({ name }: ColumnProfile) => /(^|_)id$/i.test(name)
const isSingleKey = ({ distinct, present, rows }: ColumnProfile, faultShareMax: number) =>
  present === rows && distinct.size >= present * (1 - faultShareMax)

/** Pairs of ids, or of an id and a time, where no column alone is a key. */
function keyGuesses({ columns }: TableProfile, faultShareMax: number): Guess[] {
  if (columns.some((column) => isId(column) && isSingleKey(column, faultShareMax))) return []
  const parts = columns.filter((column) => isId(column) || kindOfColumn(column, faultShareMax) === 'time')
  const pairs = parts.flatMap((left, at) => parts.slice(at + 1).map((right) => [left, right] as const))
  return pairs
    .filter(([left, right]) => isId(left) || isId(right))
    .slice(0, PAIRS_MAX)
    .map(([left, right]) => {
      const seen = createFingerprints()
      let [of, broken] = [0, 0]
      return {
        expectation: {
          type: 'expect_compound_columns_to_be_unique',
          kwargs: { column_list: [left.name, right.name] },
        },
        see(row) {
          of++
          if (seen.add(`${cellText(row[left.name])}\u0000${cellText(row[right.name])}`) > 0) broken++
        },
        counts: () => ({ of: seen.isFull ? 0 : of, broken }),
        after: (held) =>
          !held.some(({ expectation }) => expectation.type === 'expect_compound_columns_to_be_unique'),
      }
    })
}

/** Ids that another, shorter table has under the same name: the one that has each once, or the shortest. */
function referenceGuesses(profile: TableProfile, profiles: readonly TableProfile[]): Guess[] {
  return profile.columns.filter(isId).flatMap((column) =>
    profiles
      .filter((other) => other !== profile && other.rows < profile.rows)
      .sort((left, right) => left.rows - right.rows)
      .flatMap((other) => {
        const target = other.columns.find(({ name }) => name === column.name)
        return target === undefined || target.distinct.isFull ? [] : [{ table: other.table.table, target }]
      })
      .sort((left, right) => Number(isSingleKey(right.target, 0)) - Number(isSingleKey(left.target, 0)))
      .map(({ table, target }) => referenceGuess(column.name, table, target)),
  )
}

const REFERENCE = 'feedloop_expect_column_values_to_exist_in'

function referenceGuess(column: string, table: string, { name, distinct }: ColumnProfile): Guess {
  let [of, broken] = [0, 0]
  return {
    expectation: { type: REFERENCE, kwargs: { column, other_table: table, other_column: name } },
    see(row) {
      const cell = row[column] ?? null
      if (cell === null) return
      of++
      if (!distinct.has(cellText(cell))) broken++
    },
    counts: () => ({ of, broken }),
    after: (held) =>
      !held.some(({ expectation: { type, kwargs } }) => type === REFERENCE && kwargs['column'] === column),
  }
}

/** Of columns of 0 and 1: nobody likes what they did not click. */
function implicationGuesses({ columns }: TableProfile, faultShareMax: number): Guess[] {
  const bits = columns.filter(
    ({ values, present }) =>
      values !== null &&
      [...values].every(
        ([value, count]) => value === '0' || value === '1' || count <= present * faultShareMax,
      ) &&
      values.has('1'),
  )
  return bits.flatMap((whole) =>
    bits
      .filter((part) => part !== whole && (part.values?.get('1') ?? 0) >= IMPLIED_MIN)
      .map((part) => {
        let [of, broken] = [0, 0]
        return {
          expectation: {
            type: 'expect_column_pair_values_a_to_be_greater_than_b',
            kwargs: { column_A: whole.name, column_B: part.name, or_equal: true },
          },
          see(row: CellRow) {
            if (cellNumber(row[part.name] ?? null) !== 1) return
            of++
            if (cellNumber(row[whole.name] ?? null) !== 1) broken++
          },
          counts: () => ({ of, broken }),
        }
      }),
  )
}

/** Of tables that tell again and again of somebody: counters that never fall. */
function counterGuesses({ columns, rows }: TableProfile, faultShareMax: number): Guess[] {
  const group = columns.find((column) => isId(column) && column.distinct.size < rows / 2)
  const time = columns.find((column) => kindOfColumn(column, faultShareMax) === 'time')
  if (group === undefined || time === undefined || time.falls > rows * faultShareMax) return []
  return columns
    .filter((column) => kindOfColumn(column, faultShareMax) === 'integer' && column.most > 1 && !isId(column))
    .map((column) => {
      const last = new Map<string, number>()
      let [of, broken] = [0, 0]
      return {
        expectation: {
          type: 'feedloop_expect_column_values_to_be_increasing_within',
          kwargs: { column: column.name, group_column: group.name },
        },
        see(row: CellRow) {
          const [key, value] = [cellText(row[group.name]), cellNumber(row[column.name] ?? null)]
          const before = last.get(key)
          if (Number.isNaN(value) || (before === undefined && last.size >= GROUPS_MAX)) return
          last.set(key, value)
          if (before === undefined) return
          of++
          if (value < before) broken++
        },
        counts: () => ({ of, broken }),
      }
    })
}
