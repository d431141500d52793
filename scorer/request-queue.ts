import type { Prediction } from '#schemas'
import { microBatches, type MicroBatchLimits } from './micro-batch.ts'
import type { RequestAt } from './prediction-record.ts'
import type { RequestScoring } from './request-scoring.ts'

/** Requests that came one by one, scored together. */
export interface RequestQueue {
  /** undefined: `waitingMax` others wait already. */
  ask(request: RequestAt): Promise<Prediction> | undefined
  /** Not taken into a micro-batch yet. */
  readonly waitingCount: number
}

interface Waiting {
  at: RequestAt
  resolve(prediction: Prediction): void
  reject(error: unknown): void
}

/**
 * Natural batching: while one micro-batch is scored the next requests gather, and go together. Nothing waits for
 * company when nothing is at work.
 */
export function createRequestQueue(
  scoring: RequestScoring,
  limits: MicroBatchLimits & { waitingMax: number },
): RequestQueue {
  let waiting: Waiting[] = []
  let isScoring = false

  async function scoreGroup(group: Waiting[]): Promise<void> {
    try {
      const predictions = await scoring.answer(group.map(({ at }) => at))
      group.forEach(({ resolve }, index) => resolve(predictions[index] as Prediction))
    } catch (error) {
      for (const { reject } of group) reject(error)
    }
  }

  async function scoreAll(): Promise<void> {
    isScoring = true
    while (waiting.length > 0) {
      const [group] = microBatches(waiting, ({ at }) => at.request.candidates.length, limits)
      const taken = group ?? []
      waiting = waiting.slice(taken.length)
      await scoreGroup(taken)
    }
    isScoring = false
  }

  return {
    get waitingCount() {
      return waiting.length
    },
    ask(at) {
      if (waiting.length >= limits.waitingMax) return undefined
      const answered = new Promise<Prediction>((resolve, reject) => waiting.push({ at, resolve, reject }))
      if (!isScoring) void scoreAll()
      return answered
    },
  }
}
