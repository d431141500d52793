import { describe, expect, it } from 'vitest'
import type { Prediction, RankRequest } from '#schemas'
import { createPredictionCount } from './prediction-count.ts'

const request = (requestId: string) => ({ requestId }) as RankRequest
const prediction = (requestId: string, modelId = 'm1', fallbackReason: string | null = null) =>
  ({ predictionId: `p:${requestId}`, requestId, modelId, fallbackReason }) as Prediction

/** Ten requests 10 ms apart, each answered 5 ms later. */
function run(change: (answers: { prediction: Prediction; atMs: number }[]) => void = () => undefined) {
  const count = createPredictionCount()
  const answers = Array.from({ length: 10 }, (_, index) => ({
    prediction: prediction(`r${String(index)}`),
    atMs: index * 10 + 5,
  }))
  for (let index = 0; index < 10; index++) count.request(request(`r${String(index)}`), index * 10)
  change(answers)
  for (const answer of answers) count.prediction(answer.prediction, answer.atMs)
  return count.result()
}

describe('createPredictionCount', () => {
  it('finds nothing wrong when every request has one answer', () => {
    expect(run()).toEqual({
      requests: 10,
      predictions: { written: 10, lost: 0, duplicates: 0, fallbacks: {}, latencyMs: { p50: 5, p99: 5 } },
      swaps: { count: 1, failedRequests: 0 },
    })
  })

  it('sees a prediction that is missing', () => {
    const { predictions, swaps } = run((answers) => answers.splice(4, 1))
    expect(predictions).toMatchObject({ written: 9, lost: 1, duplicates: 0 })
    expect(swaps.failedRequests).toBe(1)
  })

  it('sees a prediction that was written twice; the first one counts', () => {
    const { predictions } = run((answers) => answers.push({ ...answers[3]!, atMs: 9_999 }))
    expect(predictions).toMatchObject({ written: 10, lost: 0, duplicates: 1, latencyMs: { p99: 5 } })
  })

  it('sees answers without a model once one was live, and does not blame those before', () => {
    const { predictions, swaps } = run((answers) => {
      answers[0]!.prediction = prediction('r0', '', 'no_model')
      answers[7]!.prediction = prediction('r7', '', 'model_error')
      answers[9]!.prediction = prediction('r9', 'm2')
    })
    expect(predictions.fallbacks).toEqual({ no_model: 1, model_error: 1 })
    expect(swaps).toEqual({ count: 2, failedRequests: 1 })
  })

  it('does not count an answer nobody asked for as an answer', () => {
    expect(
      run((answers) => answers.push({ prediction: prediction('r99'), atMs: 1 })).predictions,
    ).toMatchObject({ written: 11, lost: 0 })
  })
})
