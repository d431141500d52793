import { LogUnreadableError, type PlacedRow } from '#feature-store/files'
import type { LogMap } from './log-map.ts'

/** What a column's first rows say of it. */
export type ColumnFacts =
  | { readonly kind: 'number'; readonly mean: number; readonly deviation: number }
  | { readonly kind: 'text' | 'texts'; readonly values: readonly string[] }

export interface TableFacts {
  readonly columns: ReadonlyMap<string, ColumnFacts>
  /** Whether a label is a success. */
  readonly isPositive: (label: string) => boolean
  /** How that was decided, for people; undefined: the map says it. */
  readonly labelNote?: string
}

/** Rows that are looked at before anything is said of a column. */
export const LOOKED_AT_ROWS = 10_000
const VALUES_KNOWN_MAX = 32
const SUCCESS_WORDS = ['1', 'true', 'yes', 'y', 'up', 'click', 'clicked', 'positive', 'pos']

interface LookedAt {
  columns: readonly string[]
  separators: LogMap['separators']
  /** Columns whose numbers are names. Left out: none. */
  isName?(column: string): boolean
}

/** Numbers and texts of a table, from its first rows. @throws LogUnreadableError when it has none */
export async function columnFacts(
  path: string,
  rows: AsyncIterable<PlacedRow>,
  { columns, separators, isName = () => false }: LookedAt,
  onRow: (row: PlacedRow['row']) => void = () => undefined,
): Promise<ReadonlyMap<string, ColumnFacts>> {
  const looks = new Map(columns.map((name) => [name, createLook(separators[name], isName(name))]))
  let count = 0
  for await (const { row } of rows) {
    for (const [name, look] of looks) look.see(row[name] ?? '')
    onRow(row)
    if (++count >= LOOKED_AT_ROWS) break
  }
  if (count === 0) throw new LogUnreadableError(path, 'holds no rows')
  return new Map([...looks].map(([name, look]) => [name, look.facts()]))
}

/** Numbers, texts and the label of a table, from its first rows. */
export async function tableFacts(
  path: string,
  rows: AsyncIterable<PlacedRow>,
  { map, columns }: { map: LogMap; columns: readonly string[] },
): Promise<TableFacts> {
  const labels = new Set<string>()
  const facts = await columnFacts(path, rows, { columns, separators: map.separators }, (row) =>
    labels.add(row[map.label] ?? ''),
  )
  return { columns: facts, ...successOf(path, map, [...labels]) }
}

function createLook(separator: string | undefined, isName: boolean) {
  const values = new Set<string>()
  let isNumber = separator === undefined && !isName
  let [count, sum, squares] = [0, 0, 0]
  return {
    see(value: string) {
      if (value.trim() === '') return
      if (isNumber) {
        const number = Number(value)
        isNumber = Number.isFinite(number)
        count++
        sum += number
        squares += number * number
      }
      if (values.size <= VALUES_KNOWN_MAX)
        for (const one of separator === undefined ? [value] : value.split(separator)) values.add(one)
    },
    facts(): ColumnFacts {
      if (isNumber && count > 0) {
        const mean = sum / count
        const deviation = Math.sqrt(Math.max(0, squares / count - mean * mean))
        return { kind: 'number', mean, deviation: deviation > 0 ? deviation : 1 }
      }
      return { kind: separator === undefined ? 'text' : 'texts', values: [...values].sort() }
    },
  }
}

function successOf(
  path: string,
  { label, positive }: LogMap,
  seen: readonly string[],
): Pick<TableFacts, 'isPositive' | 'labelNote'> {
  if (positive !== undefined && !Array.isArray(positive)) {
    const { from } = positive
    return { isPositive: (value) => value.trim() !== '' && Number(value) >= from }
  }
  if (positive !== undefined) {
    const values = new Set(positive.map(String))
    return { isPositive: (value) => values.has(value) || values.has(String(Number(value))) }
  }
  const known = seen.filter((value) => value !== '')
  if (known.length > 2) {
    throw new LogUnreadableError(
      path,
      `${label} has more than two values (${known.slice(0, 5).join(', ')}, ...): say in the map which are a success, "positive": ["1"] or "positive": { "from": 4 }`,
    )
  }
  const success =
    known.find((value) => SUCCESS_WORDS.includes(value.toLowerCase())) ?? [...known].sort().at(-1)
  if (success === undefined) throw new LogUnreadableError(path, `${label} is empty in every row`)
  return {
    isPositive: (value) => value === success,
    labelNote: `${path}: ${label} is a success where it is ${success} (say otherwise with "positive" in a map)`,
  }
}
