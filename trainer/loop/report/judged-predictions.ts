import type { Interaction, Outcome, Prediction } from '#schemas'

/** A shown item that a model had scored, and what came of it. */
export interface Judged {
  requestId: string
  itemId: string
  /** Event time of the request. */
  occurredAtMs: number
  modelId: string
  /** Probability, 0..1. */
  score: number
  label: 0 | 1
}

export interface JudgedPredictionsOptions {
  /** Interaction or outcome types that mean it was seen, and that it worked. */
  shown: readonly string[]
  positive: readonly string[]
  /** Event time after the showing within which a positive counts. */
  horizonMs: number
  /** Event time after the request within which it must be shown. */
  shownWithinMs: number
}

export interface JudgedPredictions {
  prediction(prediction: Prediction): void
  outcome(outcome: Interaction | Outcome): void
  /** By event time. Only items that were shown, only predictions that a model made. */
  result(): Judged[]
}

interface Scored {
  score: number
  /** First of each, event time. */
  shownAtMs: number
  positiveAtMs: number
}

/**
 * Joins predictions and outcomes after the run, by request and item: the trainer's joiner is not asked.
 * Predictions must be added before the outcomes. Memory: one entry per scored candidate.
 */
export function createJudgedPredictions({
  shown,
  positive,
  horizonMs,
  shownWithinMs,
}: JudgedPredictionsOptions): JudgedPredictions {
  const byRequest = new Map<string, { occurredAtMs: number; modelId: string; items: Map<string, Scored> }>()
  const [shownTypes, positiveTypes] = [new Set(shown), new Set(positive)]

  return {
    prediction({ requestId, occurredAtMs, modelId, fallbackReason, ranking }) {
      if (modelId === '' || fallbackReason !== null || byRequest.has(requestId)) return
      const items = new Map<string, Scored>()
      for (const { itemId, score } of ranking) {
        if (score !== null) items.set(itemId, { score, shownAtMs: Infinity, positiveAtMs: Infinity })
      }
      byRequest.set(requestId, { occurredAtMs, modelId, items })
    },
    outcome({ requestId, itemId, type, occurredAtMs }) {
      const scored = requestId === null ? undefined : byRequest.get(requestId)?.items.get(itemId)
      if (scored === undefined) return
      if (shownTypes.has(type)) scored.shownAtMs = Math.min(scored.shownAtMs, occurredAtMs)
      if (positiveTypes.has(type)) scored.positiveAtMs = Math.min(scored.positiveAtMs, occurredAtMs)
    },
    result() {
      const judged: Judged[] = []
      for (const [requestId, { occurredAtMs, modelId, items }] of byRequest) {
        for (const [itemId, { score, shownAtMs, positiveAtMs }] of items) {
          if (shownAtMs > occurredAtMs + shownWithinMs) continue
          const label = positiveAtMs <= shownAtMs + horizonMs ? 1 : 0
          judged.push({ requestId, itemId, occurredAtMs, modelId, score, label })
        }
      }
      return judged.sort((left, right) => left.occurredAtMs - right.occurredAtMs)
    },
  }
}
