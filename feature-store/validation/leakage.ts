import { type Cell, cellText } from '../files/index.ts'
import { orderOf } from './bounds.ts'

/** One row of a column beside its label. */
export interface LabelledCell {
  cell: Cell
  isPositive: boolean
}

const BINS = 32

/**
 * How well a column alone orders rows by their label: the area under the ROC curve of the column as a number (falling or
 * rising), or of the label rates of its values, learned on one half of the rows and judged on the other; whichever is more.
 * 0.5 is no better than chance, 1 knows the label.
 */
export function labelKnowledge(rows: readonly LabelledCell[]): number {
  const numbers = rows.map(({ cell }) => (cell === null ? Number.NaN : orderOf(cell)))
  const isNumeric = numbers.every((value, at) => rows[at]!.cell === null || !Number.isNaN(value))
  const labels = rows.map(({ isPositive }) => isPositive)
  const byRate = areaOf(
    rateScores(rows, isNumeric ? binned(numbers) : rows.map(({ cell }) => cellText(cell))),
  )
  if (!isNumeric) return byRate
  // What is missing stands below everything, as it would for trees.
  const area = areaOf(
    numbers.map((value, at) => ({ score: Number.isNaN(value) ? -Infinity : value, isPositive: labels[at]! })),
  )
  return Math.max(byRate, area, 1 - area)
}

/** Each number as its bin of about the same many rows. */
function binned(numbers: readonly number[]): string[] {
  const sorted = Float64Array.from(numbers.filter((value) => !Number.isNaN(value))).sort()
  const edges = Array.from(
    { length: BINS - 1 },
    (_, at) => sorted[Math.floor(((at + 1) * sorted.length) / BINS)] ?? 0,
  )
  const binOf = (value: number) => edges.filter((edge) => value >= edge).length
  return numbers.map((value) => (Number.isNaN(value) ? '' : String(binOf(value))))
}

/** Rows of the second half with the label rate that their value had in the first. */
function rateScores(rows: readonly LabelledCell[], keys: readonly string[]) {
  const rates = new Map<string, { rows: number; positives: number }>()
  for (const [at, { isPositive }] of rows.entries()) {
    if (at % 2 === 1) continue
    const rate = rates.get(keys[at]!) ?? { rows: 0, positives: 0 }
    rate.rows++
    if (isPositive) rate.positives++
    rates.set(keys[at]!, rate)
  }
  const all = [...rates.values()].reduce(
    (sum, { rows, positives }) => [sum[0]! + rows, sum[1]! + positives],
    [0, 0],
  )
  const base = all[1]! / Math.max(1, all[0]!)
  return rows
    .map(({ isPositive }, at) => {
      const rate = rates.get(keys[at]!)
      return { score: rate === undefined ? base : (rate.positives + base) / (rate.rows + 1), isPositive }
    })
    .filter((_, at) => at % 2 === 1)
}

/** Area under the ROC curve by ranks, equal scores sharing theirs (Mann and Whitney 1947). 0.5 where a label is missing. */
function areaOf(rows: readonly { score: number; isPositive: boolean }[]): number {
  const sorted = [...rows].sort((a, b) => (a.score < b.score ? -1 : a.score > b.score ? 1 : 0))
  let [ranks, positives] = [0, 0]
  for (let from = 0; from < sorted.length;) {
    let to = from
    let inGroup = 0
    for (; to < sorted.length && sorted[to]!.score === sorted[from]!.score; to++)
      if (sorted[to]!.isPositive) inGroup++
    ranks += inGroup * ((from + 1 + to) / 2)
    positives += inGroup
    from = to
  }
  const negatives = sorted.length - positives
  if (positives === 0 || negatives === 0) return 0.5
  return (ranks - (positives * (positives + 1)) / 2) / (positives * negatives)
}
