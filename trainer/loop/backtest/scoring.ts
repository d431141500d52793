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

/** What is scored for its own sake, and what could have been shown instead: by the same models at the same time. */
export interface BothScorings {
  add(vectors: Float32Array, options: Float32Array | undefined): void
  readonly added: Mark
  /** Rows that wait, of both. */
  readonly waiting: number
  settle(to: Mark): Promise<void>
}

/** How many rows had been added. */
export interface Mark {
  shown: number
  options: number
}

export function createBothScorings(
  columns: readonly (ScoredColumn & { optionScores: ScoredColumn['scores'] })[],
  width: number,
): BothScorings {
  const shown = createScoring(columns, width)
  const options = createScoring(
    columns.map(({ optionScores, serving }) => ({ scores: optionScores, serving })),
    width,
  )
  return {
    add(vectors, others) {
      shown.add(vectors)
      if (others !== undefined) options.add(others)
    },
    get added() {
      return { shown: shown.added, options: options.added }
    },
    get waiting() {
      return shown.waiting + options.waiting
    },
    async settle(to) {
      await Promise.all([shown.settle(to.shown), options.settle(to.options)])
    },
  }
}

export const newScores = (): Growing<Float32Array> => growing(Float32Array)
