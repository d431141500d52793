import type { Interaction, Outcome, Prediction } from '#schemas'

/** A shown item that a model had scored, and what came of it. */
export interface Judged {
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
  /** Event time after the request within which a positive counts. */
  horizonMs: number
}

export interface JudgedPredictions {
  prediction(prediction: Prediction): void
  outcome(outcome: Interaction | Outcome): void
  /** By event time. Only items that were shown, only predictions that a model made. */
  result(): Judged[]
}

interface Scored {
  score: number
  shown: boolean
  positive: boolean
}

/**
 * Joins predictions and outcomes after the run, by request and item: the trainer's joiner is not asked.
 * Predictions must be added before the outcomes. Memory: one entry per scored candidate.
 */
export function createJudgedPredictions({
  shown,
  positive,
  horizonMs,
}: JudgedPredictionsOptions): JudgedPredictions {
  const byRequest = new Map<string, { occurredAtMs: number; modelId: string; items: Map<string, Scored> }>()
  const [shownTypes, positiveTypes] = [new Set(shown), new Set(positive)]

  return {
    prediction({ requestId, occurredAtMs, modelId, fallbackReason, ranking }) {
      if (modelId === '' || fallbackReason !== null || byRequest.has(requestId)) return
      const items = new Map<string, Scored>()
      for (const { itemId, score } of ranking) {
        if (score !== null) items.set(itemId, { score, shown: false, positive: false })
      }
      byRequest.set(requestId, { occurredAtMs, modelId, items })
    },
    outcome({ requestId, itemId, type, occurredAtMs }) {
      const prediction = requestId === null ? undefined : byRequest.get(requestId)
      const scored = prediction?.items.get(itemId)
      if (prediction === undefined || scored === undefined) return
      if (shownTypes.has(type)) scored.shown = true
      if (positiveTypes.has(type) && occurredAtMs <= prediction.occurredAtMs + horizonMs)
        scored.positive = true
    },
    result() {
      const judged: Judged[] = []
      for (const { occurredAtMs, modelId, items } of byRequest.values()) {
        for (const { score, shown: seen, positive: worked } of items.values()) {
          if (seen) judged.push({ occurredAtMs, modelId, score, label: worked ? 1 : 0 })
        }
      }
      return judged.sort((left, right) => left.occurredAtMs - right.occurredAtMs)
    },
  }
}
