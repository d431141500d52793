import { describe, expect, it } from 'vitest'
import { MISSING, TOO_OLD, UNSCORED } from '#feature-store'
import { type Prediction, vectorOfBytes } from '#schemas'
import { createLeasedModel } from './model-lease.ts'
import { ModelCallError } from './model/index.ts'
import { isExplored } from './ranking.ts'
import { createRequestScoring } from './request-scoring.ts'
import { createFakeFeatures, FAKE_FEATURE_SET } from './testing/fake-features.ts'
import { createFakeModels } from './testing/fake-model.ts'
import { publishModel } from './testing/model-records.ts'
import { createRecordedTelemetry } from './testing/telemetry.ts'

const DIGITS_ARE_SCORES = (row: Float32Array) => row[1] ?? NaN

async function scorerOf({
  explorationShare = 0,
  vectorsRecordedMax = 50,
  withModel = true,
  required = [] as number[],
} = {}) {
  const features = createFakeFeatures({ ...FAKE_FEATURE_SET, required })
  const models = createFakeModels(DIGITS_ARE_SCORES)
  const { onnx, manifest } = publishModel('m1', FAKE_FEATURE_SET)
  const golden = {
    rows: 1,
    vectors: Buffer.alloc(12).toString('base64'),
    scores: Buffer.alloc(4).toString('base64'),
    tolerance: 1e-6,
  }
  const session = await models.openModel(onnx, { ...manifest, golden })
  const model = createLeasedModel(session, 1)
  const telemetry = createRecordedTelemetry()
  const scoring = createRequestScoring({
    config: { explorationShare, vectorsRecordedMax },
    features,
    leaseModel: () => (withModel ? model.lease() : undefined),
    clock: { nowMs: () => 5_000 },
    ...telemetry,
  })
  return { scoring, features, models, model, telemetry }
}
const at = (requestId: string, candidates: string[], userId = 'u7') => ({
  request: {
    requestId,
    userId,
    candidates,
    occurredAtMs: 3_600_000,
    context: [{ name: 'device', text: 'phone', number: null }],
  },
  partition: 2,
  offset: 40,
})
const items = ({ ranking }: Prediction) => ranking.map(({ itemId }) => itemId)

describe('an answer', () => {
  it('is the whole prediction record', async () => {
    const { scoring } = await scorerOf()
    const [prediction] = await scoring.answer([at('r1', ['i10', 'i90', 'i50'])])
    expect(prediction).toMatchObject({
      predictionId: 'p:r1',
      requestId: 'r1',
      userId: 'u7',
      occurredAtMs: 3_600_000,
      scoredAtMs: 5_000,
      modelId: 'm1',
      calibrationId: 'identity',
      featureSetId: 'fs-fake',
      fallbackReason: null,
      requestPartition: 2,
      requestOffset: 40,
      userOffset: 7,
      context: [{ name: 'device', text: 'phone', number: null }],
    })
    expect(
      prediction?.ranking.map(({ itemId, rank, score, propensity, itemOffset }) => [
        itemId,
        rank,
        score,
        propensity,
        itemOffset,
      ]),
    ).toEqual([
      ['i90', 0, Math.fround(0.9), 1, 90],
      ['i50', 1, Math.fround(0.5), 1, 50],
      ['i10', 2, Math.fround(0.1), 1, 10],
    ])
    const best = prediction?.ranking[0]
    expect([...vectorOfBytes(best?.vector ?? Buffer.alloc(0))]).toEqual([0.07, 0.9, 1 / 24].map(Math.fround))
    expect([...(best?.flags ?? [])]).toEqual([0, 0, 0])
  })

  it('keeps the vectors of the best ranks only, and the offsets of all', async () => {
    const { scoring } = await scorerOf({ vectorsRecordedMax: 2 })
    const [prediction] = await scoring.answer([at('r1', ['i10', 'i90', 'i50'])])
    expect(prediction?.ranking.map(({ vector, flags }) => [vector?.length, flags?.length])).toEqual([
      [12, 3],
      [12, 3],
      [undefined, undefined],
    ])
    expect(prediction?.ranking[2]?.itemOffset).toBe(10)
  })

  it('comes for every request of a micro-batch by one read and one call, each with its own rows', async () => {
    const { scoring, features, models } = await scorerOf()
    const calls = models.opened[0]?.calls ?? 0
    const predictions = await scoring.answer([
      at('r1', ['i1', 'i2'], 'u1'),
      at('r2', ['i9'], 'u2'),
      at('r3', ['i3', 'i4', 'i5'], 'u3'),
    ])
    expect(predictions.map(items)).toEqual([['i2', 'i1'], ['i9'], ['i5', 'i4', 'i3']])
    expect(predictions.map(({ userOffset }) => userOffset)).toEqual([1, 2, 3])
    const third = predictions[2]?.ranking[0]
    expect([...vectorOfBytes(third?.vector ?? Buffer.alloc(0))]).toEqual(
      [0.03, 0.05, 1 / 24].map(Math.fround),
    )
    expect(features.reads).toEqual([3])
    expect((models.opened[0]?.calls ?? 0) - calls).toBe(1)
  })

  it('does not depend on what else is in the micro-batch', async () => {
    const { scoring } = await scorerOf({ explorationShare: 0.5 })
    const requests = Array.from({ length: 20 }, (_, id) =>
      at(`r${id}`, ['i1', 'i2', 'i3'].slice(0, 1 + (id % 3))),
    )
    const together = await scoring.answer(requests)
    const alone = await Promise.all(requests.map(async (request) => (await scoring.answer([request]))[0]))
    expect(together).toEqual(alone)
  })
})

describe('features without which nothing is scored', () => {
  it.each([true, false])(
    'leave the candidate out, last, with the reason; with a model: %s',
    async (withModel) => {
      const { scoring, features, telemetry } = await scorerOf({ required: [1], withModel })
      const request = at('r1', ['i90', 'i10', 'i50'])
      const { candidates, userId, context, occurredAtMs } = request.request
      const answer = await features.read([{ userId, itemIds: candidates, context, occurredAtMs }])
      if (answer.kind !== 'vectors') throw new Error(answer.kind)
      answer.vectors.flags[1] = MISSING | UNSCORED
      answer.vectors.flags[7] = MISSING | TOO_OLD | UNSCORED
      features.answerWith(answer)
      const [prediction] = await scoring.answer([request])
      const told = prediction!.ranking.map(({ itemId, score, rank, propensity, unscoredReason, vector }) => {
        expect(vector).toHaveLength(12)
        return [itemId, score, rank, propensity, unscoredReason]
      })
      expect(told).toEqual([
        ['i10', withModel ? Math.fround(0.1) : null, 0, 1, null],
        ['i90', null, 1, 1, 'missing:item'],
        ['i50', null, 2, 1, 'too_old:item'],
      ])
      expect(telemetry.valueOf('candidates_unscored')).toBe(2)
    },
  )
})

describe('without a model', () => {
  it('explores evenly and records the vectors, so that a cold loop gets examples', async () => {
    const { scoring, telemetry } = await scorerOf({ withModel: false })
    const candidates = ['i1', 'i2', 'i3', 'i4', 'i5']
    const predictions = await scoring.answer(Array.from({ length: 50 }, (_, id) => at(`r${id}`, candidates)))
    for (const { ranking, modelId, fallbackReason } of predictions) {
      expect([modelId, fallbackReason]).toEqual(['', 'no_model'])
      for (const { score, propensity, vector } of ranking) {
        expect([score, propensity]).toEqual([null, 0.2])
        expect(vector?.length).toBe(12)
      }
    }
    expect(new Set(predictions.map((prediction) => items(prediction).join())).size).toBeGreaterThan(20)
    expect(telemetry.valueOf('requests_explored')).toBe(50)
    expect(telemetry.valueOf('requests_fell_back')).toBe(50)
  })
})

describe('without the store', () => {
  it.each([
    [{ kind: 'unavailable', cause: new Error('connection refused') }, 'store_unavailable'],
    [{ kind: 'not_ready' }, 'store_not_ready'],
  ] as const)('%j leaves the order of the request, without vectors', async (answer, reason) => {
    const { scoring, features, models } = await scorerOf()
    const calls = models.opened[0]?.calls
    features.answerWith(answer)
    const [prediction] = await scoring.answer([at('r1', ['i1', 'i9', 'i5'])])
    expect(prediction).toMatchObject({
      fallbackReason: reason,
      modelId: '',
      calibrationId: '',
      userOffset: -1,
    })
    expect(prediction?.ranking).toEqual(
      ['i1', 'i9', 'i5'].map((itemId, rank) => ({
        itemId,
        rank,
        score: null,
        propensity: 1,
        vector: null,
        flags: null,
        itemOffset: -1,
        unscoredReason: null,
      })),
    )
    expect(models.opened[0]?.calls).toBe(calls)
  })

  it('still explores its share, at the stated propensity', async () => {
    const { scoring, features } = await scorerOf({ explorationShare: 0.5 })
    features.answerWith({ kind: 'not_ready' })
    const requests = Array.from({ length: 40 }, (_, id) => at(`r${id}`, ['i1', 'i2']))
    for (const prediction of await scoring.answer(requests)) {
      const isKept = items(prediction)[0] === 'i1'
      if (!isExplored(prediction.requestId, 0.5)) expect(isKept).toBe(true)
      expect(prediction.ranking.map(({ propensity }) => propensity)).toEqual(
        isKept ? [0.75, 0.75] : [0.25, 0.25],
      )
    }
  })
})

describe('when the model fails', () => {
  it.each([
    ['run_failed', 'model_error'],
    ['worker_died', 'model_error'],
    ['queue_full', 'model_error'],
    ['call_timeout', 'deadline'],
  ] as const)('%s is answered as %s, with vectors, and the lease is given back', async (code, reason) => {
    const { scoring, models, model, telemetry } = await scorerOf()
    models.failWith(new ModelCallError(code, 'no scores'))
    const predictions = await scoring.answer([at('r1', ['i1', 'i9']), at('r2', ['i5'])])
    expect(predictions.map(({ fallbackReason }) => fallbackReason)).toEqual([reason, reason])
    expect(predictions.map(items)).toEqual([['i1', 'i9'], ['i5']])
    expect(predictions[0]?.ranking[0]?.vector?.length).toBe(12)
    expect(telemetry.valueOf('model_calls_failed')).toBe(1)
    await model.retire()
  })

  it('one request with a bad vector costs only its own scores', async () => {
    const { scoring, features } = await scorerOf()
    const real = await features.read([
      { userId: 'u1', itemIds: ['i1', 'i2'], context: [], occurredAtMs: 1 },
      { userId: 'u2', itemIds: ['i3'], context: [], occurredAtMs: 1 },
    ])
    if (real.kind !== 'vectors') throw new Error('the fake answers vectors')
    real.vectors.vectors[4] = NaN
    features.answerWith(real)
    const predictions = await scoring.answer([at('r1', ['i1', 'i2']), at('r2', ['i3'])])
    expect(predictions.map(({ fallbackReason }) => fallbackReason)).toEqual(['model_error', null])
    expect(predictions[1]?.ranking[0]?.score).toBeCloseTo(0.03, 6)
  })
})
