import type { TrainingRows } from '../learner.ts'
import type { Cross } from './sparse-rows.ts'

/** Columns that tell of one thing: those of the texts of one attribute, or one by itself. */
export type ColumnGroup = readonly number[]

/** Rows that are looked at, the latest: more would find nothing that these do not. */
const ROWS_MAX = 50_000
/** Columns that are looked at: time and memory grow with their square. */
const COLUMNS_MAX = 512

export interface CrossSearch {
  rows: TrainingRows
  groups: readonly ColumnGroup[]
  /** Of each row: label less score, and score x (1 - score); both times its weight. */
  residuals: Float64Array
  curves: Float64Array
  /** Crosses at most. */
  crossesMax: number
  /** Standard deviations by which a pair of groups must stand out. */
  zMin: number
}

/**
 * Pairs of groups of which a linear model leaves something, as the crosses of their columns. What it leaves of each product is
 * the score test of a weight for it (U squared over V, near one where there is nothing); those of two groups are added up, so
 * that many small ones are seen which one by one could be chance.
 *
 * Time: O(rows x columns that are not 0, squared), 50,000 rows and 512 columns at most.
 *
 * @see C. R. Rao (1948), Large Sample Tests of Statistical Hypotheses Concerning Several Parameters; Y. Lou et al. (2013),
 * Accurate Intelligible Models with Pairwise Interactions, KDD, for the search among what a model of single columns leaves.
 */
export function findCrosses(search: CrossSearch): Cross[] {
  const { groups, crossesMax, zMin } = search
  const columns = groups.flat().slice(0, COLUMNS_MAX)
  const placeOf = new Map(columns.map((column, place) => [column, place]))
  const { scores, spreads } = sums(search, columns)
  const found: { z: number; crosses: Cross[] }[] = []
  for (const [index, first] of groups.entries()) {
    for (const second of groups.slice(index)) {
      if (first === second && first.length > 1) continue // texts of one attribute exclude each other
      const crosses: Cross[] = []
      let statistic = 0
      for (const one of first) {
        for (const other of second) {
          const [at, and] = [placeOf.get(one), placeOf.get(other)]
          if (at === undefined || and === undefined) continue
          const place = Math.min(at, and) * columns.length + Math.max(at, and)
          if (!(spreads[place]! > SPREAD_MIN)) continue
          crosses.push([one, other])
          statistic += scores[place]! ** 2 / spreads[place]!
        }
      }
      const z = deviations(statistic, crosses.length)
      if (crosses.length > 0 && z >= zMin) found.push({ z, crosses })
    }
  }
  found.sort((left, right) => right.z - left.z)
  return found.reduce<Cross[]>(
    (kept, { crosses }) => (kept.length + crosses.length <= crossesMax ? [...kept, ...crosses] : kept),
    [],
  )
}

/** Below it a product is the same in all rows. */
const SPREAD_MIN = 1e-3

/** Of products of two columns, as deviations from their means: with the residuals, and squared with the curves. */
function sums({ rows, residuals, curves }: CrossSearch, columns: readonly number[]) {
  const { count, width, vectors } = rows
  const many = columns.length
  const from = Math.max(0, count - ROWS_MAX)
  const valueAt = (row: number, place: number) => {
    const value = vectors[row * width + columns[place]!]!
    return Number.isFinite(value) ? value : 0
  }
  const means = columns.map((_, place) => {
    let sum = 0
    for (let row = from; row < count; row++) sum += valueAt(row, place)
    return sum / (count - from)
  })
  const scores = new Float64Array(many * many)
  const spreads = new Float64Array(many * many)
  const own = new Float64Array(many)
  for (let row = from; row < count; row++) {
    for (let place = 0; place < many; place++) own[place] = valueAt(row, place) - means[place]!
    const [residual, curve] = [residuals[row]!, curves[row]!]
    for (let place = 0; place < many; place++) {
      const [pull, bend] = [residual * own[place]!, curve * own[place]! * own[place]!]
      for (let other = place, at = place * many + place; other < many; other++, at++) {
        const value = own[other]!
        scores[at]! += pull * value
        spreads[at]! += bend * value * value
      }
    }
  }
  return { scores, spreads }
}

/** How far a chi-squared number stands out, in standard deviations. @see E. Wilson, M. Hilferty (1931), PNAS 17 */
function deviations(statistic: number, freedom: number): number {
  const spread = 2 / (9 * freedom)
  return (Math.cbrt(statistic / freedom) - (1 - spread)) / Math.sqrt(spread)
}

/**
 * Groups of the columns that are quantities: those named `attribute=text` with the same attribute belong together.
 *
 * @param columns names; left out: each is a group
 */
export function groupsOf(
  quantities: readonly number[],
  columns: readonly string[] | undefined,
): ColumnGroup[] {
  const groups = new Map<string, number[]>()
  for (const column of quantities) {
    const [attribute, text] = (columns?.[column] ?? '').split('=', 2)
    const name = text === undefined ? `column ${String(column)}` : attribute!
    groups.set(name, [...(groups.get(name) ?? []), column])
  }
  return [...groups.values()]
}
