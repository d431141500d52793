import type { Interaction, Outcome, Prediction } from '#schemas'

export interface DueExamplesOptions {
  /** Interaction or outcome types that mean an item was seen, whichever label says so. */
  shownTypes: readonly string[]
  /** Longest label horizon, from the showing. */
  horizonMs: number
  shownWithinMs: number
  graceMs: number
}

export interface DueExamples {
  prediction(prediction: Prediction, partition: number): void
  /** Any record of these topics: it tells how far its partition got in event time. */
  outcome(outcome: Interaction | Outcome, partition: number): void
  /** Examples that must have been written: shown in time, with a vector, and their labels were final before the end. */
  missing(isThere: (predictionId: string, itemId: string) => boolean): number
}

interface Waiting {
  predictionId: string
  partition: number
  occurredAtMs: number
  /** Item -> first showing. */
  shownAtMs: Map<string, number>
}

/** A partition at rest is asked for its end a few times per grace, so that it may stop one before it. */
const GRACES = 2

/**
 * Which examples a run owes, from the topics alone: the trainer's joiner is not asked. Predictions must be added before
 * the outcomes. Memory: one entry per ranked item.
 */
export function createDueExamples(options: DueExamplesOptions): DueExamples {
  const { horizonMs, shownWithinMs, graceMs } = options
  const shownTypes = new Set(options.shownTypes)
  const byRequest = new Map<string, Waiting>()
  const endMs = new Map<number, number>()

  function sawTime(partition: number, occurredAtMs: number): void {
    endMs.set(partition, Math.max(occurredAtMs, endMs.get(partition) ?? -Infinity))
  }

  return {
    prediction({ predictionId, requestId, occurredAtMs, ranking }, partition) {
      sawTime(partition, occurredAtMs)
      if (byRequest.has(requestId)) return
      const scored = ranking.filter(({ vector, flags }) => vector !== null && flags !== null)
      const shownAtMs = new Map(scored.map(({ itemId }) => [itemId, Infinity]))
      byRequest.set(requestId, { predictionId, partition, occurredAtMs, shownAtMs })
    },
    outcome({ requestId, itemId, type, occurredAtMs }, partition) {
      sawTime(partition, occurredAtMs)
      if (requestId === null || !shownTypes.has(type)) return
      const shown = byRequest.get(requestId)?.shownAtMs
      const before = shown?.get(itemId)
      if (before !== undefined) shown!.set(itemId, Math.min(before, occurredAtMs))
    },
    missing(isThere) {
      let count = 0
      for (const { predictionId, partition, occurredAtMs, shownAtMs } of byRequest.values()) {
        const finalUntilMs = endMs.get(partition)! - horizonMs - GRACES * graceMs
        for (const [itemId, atMs] of shownAtMs) {
          if (atMs > occurredAtMs + shownWithinMs || atMs > finalUntilMs) continue
          if (!isThere(predictionId, itemId)) count++
        }
      }
      return count
    },
  }
}
