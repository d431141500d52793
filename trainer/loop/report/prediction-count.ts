import type { Prediction, RankRequest } from '#schemas'
import { quantilesOf } from './quantiles.ts'
import type { DemoReport } from './demo-report.ts'

export interface PredictionCount {
  /** In the order of the topic's partitions. @param producedAtMs the record's timestamp */
  request(request: RankRequest, producedAtMs: number): void
  /** @param appendedAtMs the broker's time of the append */
  prediction(prediction: Prediction, appendedAtMs: number): void
  result(): {
    requests: number
    predictions: DemoReport['predictions']
    swaps: DemoReport['swaps']
  }
}

interface Asked {
  producedAtMs: number
  answer: { appendedAtMs: number; modelId: string; fallbackReason: string | null } | null
}

/**
 * What was asked against what was answered: every request must have exactly one prediction. The first record of
 * an id counts. Memory: a few numbers per request. Requests must be added before the predictions.
 */
export function createPredictionCount(): PredictionCount {
  const asked = new Map<string, Asked>()
  const written = new Set<string>()
  const fallbacks: Record<string, number> = {}
  let duplicates = 0

  function prediction(
    { predictionId, requestId, modelId, fallbackReason }: Prediction,
    appendedAtMs: number,
  ): void {
    if (written.has(predictionId)) {
      duplicates++
      return
    }
    written.add(predictionId)
    if (fallbackReason !== null) fallbacks[fallbackReason] = (fallbacks[fallbackReason] ?? 0) + 1
    const request = asked.get(requestId)
    if (request !== undefined) request.answer ??= { appendedAtMs, modelId, fallbackReason }
  }

  function swaps(): DemoReport['swaps'] {
    const answers = [...asked.values()].flatMap(({ answer }) =>
      answer === null || answer.modelId === '' ? [] : [answer],
    )
    const firstLiveMs = answers.reduce((first, { appendedAtMs }) => Math.min(first, appendedAtMs), Infinity)
    let failedRequests = 0
    for (const { producedAtMs, answer } of asked.values()) {
      const failed = answer === null || answer.modelId === '' || answer.fallbackReason !== null
      if (producedAtMs > firstLiveMs && failed) failedRequests++
    }
    return { count: new Set(answers.map(({ modelId }) => modelId)).size, failedRequests }
  }

  return {
    request({ requestId }, producedAtMs) {
      if (!asked.has(requestId)) asked.set(requestId, { producedAtMs, answer: null })
    },
    prediction,
    result() {
      const all = [...asked.values()]
      const latencies = all.flatMap(({ producedAtMs, answer }) =>
        answer === null ? [] : [answer.appendedAtMs - producedAtMs],
      )
      return {
        requests: asked.size,
        predictions: {
          written: written.size,
          lost: all.filter(({ answer }) => answer === null).length,
          duplicates,
          fallbacks,
          latencyMs: quantilesOf(latencies),
        },
        swaps: swaps(),
      }
    },
  }
}
