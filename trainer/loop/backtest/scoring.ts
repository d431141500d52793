import type { ModelSession } from '#scorer/model'
import { type Growing, growing } from './growing.ts'

/** One score per row, of one who answers. */
export interface ScoredColumn {
  /** NaN: nobody served. */
  readonly scores: Growing<Float32Array>
  /** Who serves now. */
  serving(): ModelSession | undefined
}

/** Scores rows in large calls: a vector does not depend on who scores it, so rows wait until another model serves. */
export interface Scoring {
  /** @param vectors rows x width */
  add(vectors: Float32Array): void
  /** Rows ever added. */
  readonly added: number
  /** Rows that wait. */
  readonly waiting: number
  /** The first `rows` ever added are scored by who serves now, unless they were before. */
  settle(rows: number): Promise<void>
}

/** Rows of one call: of 100 columns 1.6 MB. */
const CALL_ROWS_MAX = 4_096

export function createScoring(columns: readonly ScoredColumn[], width: number): Scoring {
  const vectors = growing(Float32Array)
  let added = 0
  let settled = 0

  async function settleNext(rows: number): Promise<void> {
    const called = vectors.values().slice(0, rows * width)
    vectors.dropFirst(rows * width)
    settled += rows
    // Together: one session may compute while another is asked.
    await Promise.all(
      columns.map(async ({ scores, serving }) => {
        const answers = await serving()?.predict(called, rows)
        for (let row = 0; row < rows; row++) scores.push(answers?.[row] ?? NaN)
      }),
    )
  }

  return {
    add(of) {
      vectors.pushAll(of)
      added += of.length / width
    },
    get added() {
      return added
    },
    get waiting() {
      return added - settled
    },
    async settle(rows) {
      while (settled < rows) await settleNext(Math.min(CALL_ROWS_MAX, rows - settled))
    },
  }
}

export const newScores = (): Growing<Float32Array> => growing(Float32Array)
