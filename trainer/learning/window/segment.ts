import type { Draws } from '../../learners/gbdt/seeded-draws.ts'
import { bytesOfRows, packedBytesOf, type PackedRows, rowsOfBytes } from './packed-rows.ts'
import type { Scratch } from './scratch.ts'
import { thinNegatives } from './thin-negatives.ts'

/** A stretch of the window, as long as it is kept. Its rows do not change. */
export interface Segment {
  readonly count: number
  readonly bytes: number
  /** Event time of its newest row. */
  readonly toMs: number
  /** How often its negatives were halved. */
  readonly thinned: number
  readonly isStored: boolean
  /** Its rows leave memory. @throws what the scratch threw; they stay then */
  store(): void
  rows(): PackedRows | Promise<PackedRows>
  /** The same with half of its negatives; undefined: they are too few for that. */
  thinner(draws: Draws): Segment | undefined
  /** Its file goes. */
  dispose(): void
}

export function createSegment(
  given: PackedRows,
  { scratch, thinned }: { scratch: Scratch; thinned: number },
): Segment {
  const { count, width, occurredAtMs } = given
  const bytes = packedBytesOf(given)
  const toMs = occurredAtMs.reduce((most, ms) => Math.max(most, ms), -Infinity)
  let inMemory: PackedRows | undefined = given
  let file: string | undefined
  let cannotBeThinner = false
  const read = (content: Uint8Array) => rowsOfBytes(content, { count, width })

  return {
    ...{ count, bytes, toMs, thinned },
    get isStored() {
      return inMemory === undefined
    },
    store() {
      if (inMemory === undefined) return
      file = scratch.write(bytesOfRows(inMemory))
      inMemory = undefined
    },
    rows: () => inMemory ?? scratch.read(file!).then(read),
    thinner(draws) {
      if (cannotBeThinner) return undefined
      const rows = thinNegatives(inMemory ?? read(scratch.readNow(file!)), draws)
      cannotBeThinner = rows === undefined
      return rows === undefined ? undefined : createSegment(rows, { scratch, thinned: thinned + 1 })
    },
    dispose() {
      if (file !== undefined) scratch.delete(file)
    },
  }
}
