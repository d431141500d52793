import type { TrainingRows } from '../../learners/learner.ts'
import { decayedWeights } from '../rows.ts'
import { namesOf, type PackedRows } from './packed-rows.ts'
import type { Segment } from './segment.ts'

export interface Gathering {
  width: number
  /** Event time, inclusive and exclusive. */
  fromMs: number
  toMs: number
  /** The last so many. */
  examplesMax: number
  halfLifeMinutes: number | undefined
}

/** The rows of these segments as one matrix of its own; at once when none of them lies in a folder. */
export function gatherRows(
  segments: readonly Segment[],
  gathering: Gathering,
): TrainingRows | Promise<TrainingRows> {
  const gathered = createGathered(
    segments.reduce((sum, { count }) => sum + count, 0),
    gathering,
  )
  if (segments.some(({ isStored }) => isStored)) return gatherStored(segments, gathered)
  for (const segment of segments) gathered.add(segment.rows() as PackedRows)
  return gathered.rows()
}

/** One after another: others have their turn in between. */
async function gatherStored(
  segments: readonly Segment[],
  gathered: ReturnType<typeof createGathered>,
): Promise<TrainingRows> {
  for (const segment of segments) gathered.add(await segment.rows())
  return gathered.rows()
}

function createGathered(countMax: number, gathering: Gathering) {
  const { width, fromMs, toMs, halfLifeMinutes } = gathering
  const occurredAtMs = new Float64Array(countMax)
  const vectors = new Float32Array(countMax * width)
  const weights = new Float32Array(countMax)
  const propensities = new Float32Array(countMax)
  const flags = new Uint8Array(countMax * width)
  const labels = new Uint8Array(countMax)
  const [itemIds, userIds]: [string[], string[]] = [[], []]
  let count = 0
  let seen = 0
  const skipped = countMax - gathering.examplesMax

  /** A stretch of rows that all belong to the window. */
  function copy(rows: PackedRows, from: number, to: number): void {
    occurredAtMs.set(rows.occurredAtMs.subarray(from, to), count)
    vectors.set(rows.vectors.subarray(from * width, to * width), count * width)
    weights.set(rows.weights.subarray(from, to), count)
    propensities.set(rows.propensities.subarray(from, to), count)
    flags.set(rows.flags.subarray(from * width, to * width), count * width)
    labels.set(rows.labels.subarray(from, to), count)
    count += to - from
  }

  return {
    add(rows: PackedRows): void {
      const names = namesOf(rows)
      const belongs = (row: number) => {
        const atMs = rows.occurredAtMs[row]!
        return seen + row >= skipped && atMs >= fromMs && atMs < toMs
      }
      let from = 0
      for (let row = 0; row <= rows.count; row++) {
        if (row < rows.count && belongs(row)) {
          itemIds.push(names[2 * row]!)
          userIds.push(names[2 * row + 1]!)
          continue
        }
        copy(rows, from, row)
        from = row + 1
      }
      seen += rows.count
    },
    rows(): TrainingRows {
      const times = occurredAtMs.slice(0, count)
      const used = weights.slice(0, count)
      if (halfLifeMinutes !== undefined) {
        const decayed = decayedWeights(times, halfLifeMinutes)
        for (const [row, weight] of decayed.entries()) used[row]! *= weight
      }
      // Cut to size without a copy when all of it is used.
      const cut = <T extends Float32Array | Uint8Array>(column: T, length: number): T =>
        (length === column.length ? column : column.slice(0, length)) as T
      return {
        count,
        width,
        vectors: cut(vectors, count * width),
        labels: cut(labels, count),
        propensities: cut(propensities, count),
        occurredAtMs: times,
        itemIds,
        userIds,
        flags: cut(flags, count * width),
        ...(used.every((weight) => weight === 1) ? {} : { weights: used }),
      }
    },
  }
}
