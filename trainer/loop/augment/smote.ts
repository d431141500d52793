import type { ColumnGroup } from './column-groups.ts'

/** Rows of one slice and one label. */
export interface Pool {
  count: number
  width: number
  /** count x width; NaN is missing. */
  vectors: Float32Array
}

export interface MockVector {
  vector: Float32Array
  /** Rows of the pool that it lies between. */
  base: number
  other: number
}

/**
 * SMOTE-NC: a new row lies on the line from a row to one of its `neighbours` nearest of the same pool, at a random place; what is
 * a name and no quantity is what most of the neighbours have, the row's own where they disagree evenly. Where either is missing
 * the row's own value stays. Quantities are measured in deviations of the pool, so that two different names are one deviation
 * apart (the paper's median of deviations).
 *
 * Cost: O(pool x width) for each row that is drawn from, once. Limits: only what lies between rows of the slice that are there
 * is made; a new kind of row never is. Counts come out as fractions. A label that is wrong is multiplied, and where both labels
 * lie among each other new rows lie across the border.
 *
 * @param chance 0..1
 * @see N. V. Chawla, K. W. Bowyer, L. O. Hall, W. P. Kegelmeyer (2002), SMOTE: Synthetic Minority Over-sampling Technique,
 * Journal of Artificial Intelligence Research 16, 321-357 (6.1: SMOTE-NC).
 */
export function createSmote(
  pool: Pool,
  groups: readonly ColumnGroup[],
  { neighbours, chance }: { neighbours: number; chance(): number },
) {
  const scaled = scaledQuantities(pool, groups)
  const names = nameCodes(pool, groups)
  const known = new Map<number, Int32Array>()

  function nearestOf(base: number): Int32Array {
    const found = known.get(base) ?? nearest(base, pool.count, { scaled, names, neighbours })
    known.set(base, found)
    return found
  }

  return {
    /** @param base a row of a pool of two rows at least */
    mock(base: number): MockVector {
      const near = nearestOf(base)
      const other = near[Math.floor(chance() * near.length)]!
      const place = chance()
      const rowOf = (row: number) => pool.vectors.subarray(row * pool.width, (row + 1) * pool.width)
      const [own, its] = [rowOf(base), rowOf(other)]
      const vector = own.slice()
      for (const [at, { columns, isNominal }] of groups.entries()) {
        if (isNominal) {
          const most = rowOf(commonest(names[at]!, base, near))
          for (const column of columns) vector[column] = most[column]!
          continue
        }
        for (const column of columns) {
          const between = own[column]! + place * (its[column]! - own[column]!)
          if (!Number.isNaN(between)) vector[column] = between
        }
      }
      return { vector, base, other }
    },
  }
}

/** Quantities in deviations, missing as the mean: rows x quantities. */
function scaledQuantities({ count, width, vectors }: Pool, groups: readonly ColumnGroup[]) {
  const columns = groups.filter(({ isNominal }) => !isNominal).flatMap(({ columns: of }) => of)
  const scaled = new Float32Array(count * columns.length)
  for (const [at, column] of columns.entries()) {
    let [known, sum, squares] = [0, 0, 0]
    for (let row = 0; row < count; row++) {
      const value = vectors[row * width + column]!
      if (Number.isNaN(value)) continue
      known += 1
      sum += value
      squares += value * value
    }
    const mean = sum / Math.max(1, known)
    const deviation = Math.sqrt(Math.max(0, squares / Math.max(1, known) - mean * mean))
    for (let row = 0; row < count; row++) {
      const value = vectors[row * width + column]!
      const isPlain = Number.isNaN(value) || deviation === 0
      scaled[row * columns.length + at] = isPlain ? 0 : (value - mean) / deviation
    }
  }
  return { columns: columns.length, values: scaled }
}

/** Of each nominal group, per row the number of its value; of quantities nothing. */
function nameCodes({ count, width, vectors }: Pool, groups: readonly ColumnGroup[]): Int32Array[] {
  return groups.map(({ columns, isNominal }) => {
    if (!isNominal) return new Int32Array()
    const codes = new Map<string, number>()
    return Int32Array.from({ length: count }, (_, row) => {
      const value = columns.map((column) => vectors[row * width + column]).join()
      const code = codes.get(value) ?? codes.size
      codes.set(value, code)
      return code
    })
  })
}

interface Measured {
  scaled: ReturnType<typeof scaledQuantities>
  names: readonly Int32Array[]
  neighbours: number
}

function nearest(base: number, count: number, { scaled, names, neighbours }: Measured): Int32Array {
  const { columns, values } = scaled
  const told = names.filter(({ length }) => length > 0)
  const rows: number[] = []
  const distances = new Float64Array(count)
  for (let row = 0; row < count; row++) {
    if (row === base) continue
    let distance = 0
    for (let at = 0; at < columns; at++) {
      const gap = values[base * columns + at]! - values[row * columns + at]!
      distance += gap * gap
    }
    for (const codes of told) if (codes[row] !== codes[base]) distance += 1
    distances[row] = distance
    // Few are kept: insertion is cheaper than sorting all.
    let place = rows.length
    while (place > 0 && distances[rows[place - 1]!]! > distance) place--
    if (place >= neighbours) continue
    rows.splice(place, 0, row)
    if (rows.length > neighbours) rows.pop()
  }
  return Int32Array.from(rows)
}

/** A row that has the commonest value among these; the base when it is as common as any. */
function commonest(codes: Int32Array, base: number, near: Int32Array): number {
  const counts = new Map<number, { count: number; row: number }>()
  for (const row of near) {
    const found = counts.get(codes[row]!) ?? { count: 0, row }
    found.count += 1
    counts.set(codes[row]!, found)
  }
  let best = { count: counts.get(codes[base]!)?.count ?? 0, row: base }
  for (const found of counts.values()) if (found.count > best.count) best = found
  return best.row
}
