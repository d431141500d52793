import { createTopologyTestDriver, type TopologyTestDriver } from '#streams/testing'
import { describe, expect, it } from 'vitest'
import type { Prediction, RankRequest } from '#schemas'
import { scorerConfigSchema } from './config.ts'
import { type ScorerOptions, startScorer } from './start-scorer.ts'
import { createFakeFeatures, FAKE_FEATURE_SET } from './testing/fake-features.ts'
import { createFakeModels } from './testing/fake-model.ts'
import { logisticScores } from './testing/logistic-model.ts'
import { publishModel, type PublishedModel } from './testing/model-records.ts'
import { KINDS_WITH_SCALED, scaledBy } from './testing/scaled-calibration.ts'

const weights = FAKE_FEATURE_SET.names.map(() => 0.1)
const BIAS: Record<string, number> = { m1: -1, m2: 1 }
const model = (modelId: string, changes = {}) =>
  publishModel(modelId, FAKE_FEATURE_SET, { bias: BIAS[modelId] ?? 0, changes })

async function feedOf(seed: number, changes: Record<string, unknown> = {}) {
  const driver = await createTopologyTestDriver({ seed })
  const features = createFakeFeatures()
  const models = createFakeModels(
    (row, modelId) => logisticScores(row, weights, BIAS[modelId] ?? 0)[0] ?? NaN,
    KINDS_WITH_SCALED,
  )
  const config = scorerConfigSchema.parse({ microBatchRequestsMax: 4, requestAgeDaysMax: 0, ...changes })
  const start = (more: Partial<ScorerOptions> = {}) =>
    startScorer(driver, { config, features, openModel: models.openModel, ...more })
  return { driver, features, models, start }
}

function publish(driver: TopologyTestDriver, { artifacts, move }: PublishedModel): void {
  for (const piece of artifacts) driver.produce('modelArtifacts', `${piece.modelId}/${piece.index}`, piece)
  const champion = move('champion')
  driver.produce('models', champion.modelId, champion)
}
const request = (id: number, changes: Partial<RankRequest> = {}): RankRequest => ({
  requestId: `r${id}`,
  userId: `u${id % 7}`,
  occurredAtMs: 1_600_000_000_000 + id,
  candidates: ['i1', 'i2', 'i3', 'i4', 'i5'],
  context: [],
  ...changes,
})
const ask = (driver: TopologyTestDriver, asked: RankRequest) =>
  void driver.produce('requests', asked.userId, asked)
const predictions = (driver: TopologyTestDriver) =>
  driver.records('predictions').map(({ value }) => value as Prediction)
const idsOf = (driver: TopologyTestDriver) =>
  predictions(driver)
    .map(({ requestId }) => requestId)
    .sort()
const ids = (count: number) => Array.from({ length: count }, (_, id) => `r${id}`).sort()

describe('the scorer', () => {
  it('answers what the feed does not expect, and gives up what is fatal to it', async () => {
    const { driver, start } = await feedOf(2)
    const device = { column: 'device', value_set: ['phone'] }
    const known = {
      type: 'expect_column_values_to_be_in_set',
      kwargs: device,
      meta: { table: 'impressions' },
    }
    const kwargs = { column: 'user_id', regex: '^u' }
    const named = {
      type: 'expect_column_values_to_match_regex',
      kwargs,
      meta: { severity: 'fatal' as const },
    }
    const scorer = await start({
      contextKinds: { device: 'text' },
      expectations: { name: 'feed', expectations: [known, named] },
    })
    await driver.settleUntil(scorer.ready)
    const context = [{ name: 'device', text: 'toaster', number: null }]
    for (const asked of [request(1), request(2, { context }), request(3, { userId: 'x3' })])
      ask(driver, asked)
    await driver.settle()
    expect(idsOf(driver)).toEqual(['r1', 'r2'])
    expect(driver.records('deadLetters').map(({ value }) => [value?.reason, value?.detail])).toEqual([
      [
        'expectation_unmet',
        'requests: user_id: expect_column_values_to_match_regex (request_id r3, user_id x3)',
      ],
    ])
    await scorer.stop()
  })

  it('answers every request exactly once, before and after the first model, at the place it was read from', async () => {
    const { driver, start } = await feedOf(1)
    const scorer = await start()
    await driver.settleUntil(scorer.ready)
    for (let id = 0; id < 30; id++) ask(driver, request(id))
    await driver.settle()
    expect(predictions(driver).every(({ fallbackReason }) => fallbackReason === 'no_model')).toBe(true)
    publish(driver, model('m1'))
    await driver.settle()
    expect(scorer.liveModelId()).toBe('m1')
    for (let id = 30; id < 60; id++) ask(driver, request(id))
    await driver.settle()
    expect(idsOf(driver)).toEqual(ids(60))
    const asked = new Map(
      driver
        .records('requests')
        .map(({ value, partition, offset }) => [value?.requestId, [partition, offset]]),
    )
    for (const prediction of predictions(driver)) {
      expect([prediction.requestPartition, prediction.requestOffset]).toEqual(asked.get(prediction.requestId))
      expect(prediction.modelId).toBe(Number(prediction.requestId.slice(1)) < 30 ? '' : 'm1')
    }
    await scorer.stop()
    await scorer.done
  })

  it('answers by a new calibration of the same model from its move on, and records which one it was', async () => {
    const { driver, models, start } = await feedOf(7)
    publish(driver, model('m1'))
    const scorer = await start()
    await driver.settleUntil(scorer.ready)
    ask(driver, request(0))
    await driver.settle()
    driver.produce('models', 'm1', model('m1', scaledBy(0.5)).move('champion'))
    await driver.settle()
    ask(driver, request(0, { requestId: 'r1' }))
    await driver.settle()
    const [before, after] = predictions(driver)
    expect([before?.modelId, before?.calibrationId]).toEqual(['m1', 'identity'])
    expect([after?.modelId, after?.calibrationId]).toEqual(['m1', scaledBy(0.5).calibrationId])
    const scoresOf = (prediction?: Prediction) =>
      new Map(prediction?.ranking.map(({ itemId, score }) => [itemId, score ?? NaN]))
    for (const [itemId, score] of scoresOf(before))
      expect(scoresOf(after).get(itemId)).toBeCloseTo(score / 2, 6)
    expect(models.opened.length).toBe(1)
    await scorer.stop()
  })

  it('has the champion live before the first request is taken', async () => {
    const { driver, start, models } = await feedOf(2)
    publish(driver, model('m1'))
    publish(driver, model('m2'))
    for (let id = 0; id < 10; id++) ask(driver, request(id))
    const scorer = await start()
    await driver.settleUntil(scorer.ready)
    await driver.settle()
    expect(predictions(driver).map(({ modelId }) => modelId)).toEqual(new Array(10).fill('m2'))
    expect(models.opened.length).toBe(1)
    await scorer.stop()
    expect(models.opened[0]?.isClosed).toBe(true)
  })

  it('dead-letters what cannot be ranked and answers the rest', async () => {
    const { driver, start } = await feedOf(3)
    const scorer = await start()
    await driver.settleUntil(scorer.ready)
    ask(driver, request(0))
    ask(driver, request(1, { candidates: [] }))
    ask(driver, request(2, { candidates: Array.from({ length: 501 }, (_, item) => `i${item}`) }))
    ask(driver, request(3, { occurredAtMs: -1 }))
    ask(driver, request(4, { candidates: ['i1', 'i2', 'i1'] }))
    driver.produce('requests', 'u1', null)
    driver.produceBytes('requests', { key: Buffer.from('u1'), value: Buffer.from('garbage') })
    await driver.settle()
    expect(idsOf(driver)).toEqual(['r0', 'r4'])
    expect(predictions(driver).find(({ requestId }) => requestId === 'r4')?.ranking.length).toBe(2)
    const reasons = driver.records('deadLetters').map(({ value }) => value?.reason)
    expect(reasons.sort()).toEqual(['absurd_time', 'no_candidates', 'too_many_candidates', 'undecodable'])
    await scorer.stop()
  })

  it('gives the same prediction again when it is killed in the middle, but for the time', async () => {
    for (let seed = 0; seed < 10; seed++) {
      const { driver, start } = await feedOf(seed, { explorationShare: 0.3 })
      publish(driver, model('m1'))
      const scorer = await start()
      await driver.settleUntil(scorer.ready)
      driver.crashNext('scorer', seed % 2 === 0 ? 'flush' : 'commit')
      for (let id = 0; id < 20; id++) ask(driver, request(id))
      await driver.settle()
      await expect(scorer.done).rejects.toMatchObject({ code: 'stage_killed' })
      const again = await start()
      await driver.settleUntil(again.ready)
      await driver.settle()
      const first = new Map<string, Prediction>()
      for (const prediction of predictions(driver)) {
        const { predictionId } = prediction
        const earlier = first.get(predictionId) ?? prediction
        expect({ ...prediction, scoredAtMs: 0 }).toEqual({ ...earlier, scoredAtMs: 0 })
        first.set(predictionId, earlier)
      }
      expect(first.size).toBe(20)
      await again.stop()
    }
  })

  it('is the same, bit for bit, for the same seed', async () => {
    const digests = []
    for (let run = 0; run < 2; run++) {
      const { driver, start } = await feedOf(7)
      const scorer = await start()
      await driver.settleUntil(scorer.ready)
      for (let id = 0; id < 20; id++) ask(driver, request(id))
      publish(driver, model('m1'))
      await driver.settle()
      digests.push(driver.digest())
      await scorer.stop()
    }
    expect(digests[0]).toBe(digests[1])
  })

  it('swaps under load: every answer is that of the model it names', async () => {
    const { driver, start } = await feedOf(11)
    publish(driver, model('m1'))
    const scorer = await start()
    await driver.settleUntil(scorer.ready)
    for (let id = 0; id < 200; id++) {
      ask(driver, request(id))
      if (id % 20 === 10) publish(driver, model(id % 40 === 10 ? 'm2' : 'm1'))
      for (let step = 0; step < 3; step++) await driver.step()
    }
    await driver.settle()
    expect(idsOf(driver)).toEqual(ids(200))
    expect(new Set(predictions(driver).map(({ modelId }) => modelId))).toEqual(new Set(['m1', 'm2']))
    for (const { modelId, fallbackReason, ranking } of predictions(driver)) {
      expect(fallbackReason).toBeNull()
      for (const { vector, score } of ranking) {
        const row = new Float32Array(Uint8Array.from(vector ?? []).buffer)
        expect(score).toBe(logisticScores(row, weights, BIAS[modelId] ?? NaN)[0])
      }
    }
    await scorer.stop()
  })

  it('reads a model file again that was dropped for the bound and is promoted after all', async () => {
    const { length } = model('m1').onnx
    const { driver, start } = await feedOf(13, { artifactBytesMax: length, artifactsHeldBytesMax: length })
    const candidates = ['m1', 'm2'].map(model)
    for (const { artifacts, move } of candidates) {
      for (const piece of artifacts)
        driver.produce('modelArtifacts', `${piece.modelId}/${piece.index}`, piece)
      driver.produce('models', move('candidate').modelId, move('candidate'))
    }
    const scorer = await start()
    await driver.settleUntil(scorer.ready)
    for (const { move } of candidates) {
      driver.produce('models', move('champion').modelId, move('champion'))
      await driver.settle()
      expect(scorer.liveModelId()).toBe(move('champion').modelId)
    }
    await scorer.stop()
  })
})
