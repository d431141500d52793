import { expect, it } from 'vitest'
import type { Interaction, Prediction } from '#schemas'
import { createJudgedPredictions } from './judged-predictions.ts'

const prediction = (
  requestId: string,
  occurredAtMs: number,
  scores: Record<string, number | null>,
  modelId = 'm1',
) =>
  ({
    requestId,
    occurredAtMs,
    modelId,
    fallbackReason: modelId === '' ? 'no_model' : null,
    ranking: Object.entries(scores).map(([itemId, score]) => ({ itemId, score })),
  }) as unknown as Prediction
const outcome = (requestId: string | null, itemId: string, type: string, occurredAtMs: number) =>
  ({ requestId, itemId, type, occurredAtMs }) as Interaction

it('judges what was shown, by clicks within the horizon, made by a model', () => {
  const judged = createJudgedPredictions({
    shown: ['view'],
    positive: ['click'],
    horizonMs: 100,
    shownWithinMs: 50,
  })
  judged.prediction(prediction('r2', 2_000, { a: 0.4 }))
  judged.prediction(prediction('r1', 1_000, { a: 0.3, b: 0.2, c: 0.1, d: null }))
  judged.prediction(prediction('r1', 1_000, { a: 0.9 }, 'm2')) // a duplicate: the first one counts
  judged.prediction(prediction('r3', 3_000, { a: 0.5 }, ''))
  for (const itemId of ['a', 'b', 'd', 'x']) judged.outcome(outcome('r1', itemId, 'view', 1_001))
  judged.outcome(outcome('r1', 'a', 'click', 1_101))
  judged.outcome(outcome('r1', 'b', 'click', 1_102)) // too late
  judged.outcome(outcome('r1', 'c', 'click', 1_050)) // never seen
  judged.outcome(outcome('r2', 'a', 'view', 2_000))
  judged.outcome(outcome('r3', 'a', 'view', 3_000))
  judged.outcome(outcome(null, 'a', 'click', 2_000))
  expect(judged.result()).toEqual([
    { requestId: 'r1', itemId: 'a', occurredAtMs: 1_000, modelId: 'm1', score: 0.3, label: 1 },
    { requestId: 'r1', itemId: 'b', occurredAtMs: 1_000, modelId: 'm1', score: 0.2, label: 0 },
    { requestId: 'r2', itemId: 'a', occurredAtMs: 2_000, modelId: 'm1', score: 0.4, label: 0 },
  ])
})
