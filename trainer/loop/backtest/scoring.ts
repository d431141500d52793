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
  add(vectors: Float32Array, rows: number): Promise<void>
  /** Everything added is scored by who serves now. */
  settle(): Promise<void>
}

/** Of 100 columns 1.6 MB. */
const WAITING_ROWS_MAX = 4_096

export function createScoring(columns: readonly ScoredColumn[], width: number): Scoring {
  let waiting = new Float32Array(WAITING_ROWS_MAX * width)
  let waitingRows = 0

  async function settle(): Promise<void> {
    const rows = waitingRows
    if (rows === 0) return
    const vectors = waiting.slice(0, rows * width)
    waitingRows = 0
    // Together: one session may compute while another is asked.
    await Promise.all(
      columns.map(async ({ scores, serving }) => {
        const answers = await serving()?.predict(vectors, rows)
        for (let row = 0; row < rows; row++) scores.push(answers?.[row] ?? NaN)
      }),
    )
  }

  return {
    async add(vectors, rows) {
      if (waitingRows + rows > WAITING_ROWS_MAX) await settle()
      const needed = (waitingRows + rows) * width
      if (needed > waiting.length) {
        const longer = new Float32Array(needed)
        longer.set(waiting)
        waiting = longer
      }
      waiting.set(vectors, waitingRows * width)
      waitingRows += rows
    },
    settle,
  }
}

export const newScores = (): Growing<Float32Array> => growing(Float32Array)
