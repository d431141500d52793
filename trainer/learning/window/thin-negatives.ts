import type { Draws } from '../../learners/gbdt/seeded-draws.ts'
import { packedRowsAt, type PackedRows } from './packed-rows.ts'

/**
 * Half as many negatives; each of those that stay weighs so much more that all together weigh what they did. A learner then
 * sees as many positives per negative as there were, so its scores stay true. All positives stay.
 *
 * @returns undefined: there are no more negatives than positives, and leaving out some would cost more than it saves
 */
export function thinNegatives(rows: PackedRows, draws: Draws): PackedRows | undefined {
  const { labels, weights } = rows
  const negatives: number[] = []
  for (const [row, label] of labels.entries()) if (label === 0) negatives.push(row)
  if (negatives.length < 2 || negatives.length <= rows.count - negatives.length) return undefined
  const chosen = draws.subset(negatives.length, Math.ceil(negatives.length / 2))
  const kept = new Set(Array.from(chosen, (at) => negatives[at]!))
  const places = Array.from(labels.keys()).filter((row) => labels[row] === 1 || kept.has(row))
  const sumOf = (places: Iterable<number>) => {
    let sum = 0
    for (const row of places) sum += weights[row]!
    return sum
  }
  const factor = sumOf(negatives) / sumOf(kept)
  const thinned = packedRowsAt(rows, places)
  for (const [row, label] of thinned.labels.entries()) if (label === 0) thinned.weights[row]! *= factor
  return thinned
}
