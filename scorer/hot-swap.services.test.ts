import { createTopologyTestDriver } from '#streams/testing'
import { expect, it } from 'vitest'
import { type Prediction, vectorOfBytes } from '#schemas'
import { scorerConfigSchema } from './config.ts'
import { startScorer } from './start-scorer.ts'
import { createFakeFeatures, FAKE_FEATURE_SET } from './testing/fake-features.ts'
import { logisticScores } from './testing/logistic-model.ts'
import { publishModel } from './testing/model-records.ts'

const REQUESTS = 600
const WEIGHTS = [0.5, -1, 2]

it('real ONNX sessions are swapped under load: nothing falls back, every score is that of the model it names', async () => {
  const driver = await createTopologyTestDriver({ seed: 5 })
  const biasOf = new Map<string, number>()
  const publish = (modelId: string, bias: number) => {
    const { artifacts, move } = publishModel(modelId, FAKE_FEATURE_SET, { weights: WEIGHTS, bias })
    biasOf.set(modelId, bias)
    for (const piece of artifacts) driver.produce('modelArtifacts', `${modelId}/${piece.index}`, piece)
    driver.produce('models', modelId, move('champion'))
  }
  publish('m0', 0)
  const scorer = await startScorer(driver, {
    config: scorerConfigSchema.parse({ microBatchRequestsMax: 8, requestAgeDaysMax: 0 }),
    features: createFakeFeatures(),
  })
  await driver.settleUntil(scorer.ready)
  for (let id = 0; id < REQUESTS; id++) {
    const userId = `u${id % 23}`
    const candidates = Array.from({ length: 20 }, (_, item) => `i${(id * 7 + item) % 100}`)
    driver.produce('requests', userId, {
      requestId: `r${id}`,
      userId,
      occurredAtMs: 1_600_000_000_000,
      candidates,
      context: [],
    })
    if (id % 60 === 30) publish(`m${id}`, (id % 5) - 2)
    for (let step = 0; step < 3; step++) await driver.step()
  }
  await driver.settle()

  const predictions = driver.records('predictions').map(({ value }) => value as Prediction)
  expect(new Set(predictions.map(({ requestId }) => requestId)).size).toBe(REQUESTS)
  expect(predictions.length).toBe(REQUESTS)
  expect(predictions.filter(({ fallbackReason }) => fallbackReason !== null)).toEqual([])
  expect(new Set(predictions.map(({ modelId }) => modelId)).size).toBeGreaterThan(8)
  for (const { modelId, ranking } of predictions) {
    for (const { vector, score } of ranking) {
      const [expected] = logisticScores(
        vectorOfBytes(vector ?? Buffer.alloc(0)),
        WEIGHTS,
        biasOf.get(modelId) ?? NaN,
      )
      expect(score).toBeCloseTo(expected ?? NaN, 6)
    }
  }
  await scorer.stop()
})
