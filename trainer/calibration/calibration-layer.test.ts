import { expect, it } from 'vitest'
import type { Calibration } from '#schemas'
import { createChance } from '#schemas/testing'
import { calibratedBy, type ProvenModel } from '#scorer/model'
import { candidateOf } from '../export/candidate.ts'
import { linearTrainedModel } from '../export/linear-model.ts'
import { provableModelOf } from '../export/provable-model.ts'
import { openLinearModel } from '../testing/linear-models.ts'
import { sampleTrainingExample } from '../testing/sample-training-example.ts'
import { createCalibrationLayer } from './calibration-layer.ts'
import { type CalibrationConfig, calibrationConfigSchema } from './config.ts'

const MINUTE_MS = 60_000

/** A model that says sigmoid(value + bias), trained up to this moment. */
async function model(sequence: number, toMs: number, bias = 0): Promise<ProvenModel> {
  const linear = { weights: Float64Array.of(1), bias }
  const trained = linearTrainedModel(linear, 'm', { examples: 1, rounds: 1, parameters: 2 })
  const { onnx, manifest } = candidateOf({
    model: provableModelOf(trained, Float32Array.of(0)),
    learner: 'm',
    objective: 'click',
    featureSet: { id: 'fs', names: ['value'], width: 1 },
    sequence,
    goldenTolerance: 1e-5,
    trainedOn: { fromMs: 0, toMs },
    createdAtMs: 0,
  })
  return openLinearModel(onnx, manifest)
}

async function started(config: Partial<CalibrationConfig> = {}) {
  let serving = await model(1, 0)
  const fits: { calibration: Calibration; atMs: number; examples: number }[] = []
  const layer = createCalibrationLayer({
    config: calibrationConfigSchema.parse(config),
    serving: () => serving,
    async recalibrate(calibration, told) {
      fits.push({ calibration, ...told })
      serving = serving.recalibrated({ ...serving.manifest, ...calibratedBy(calibration) })!
    },
  })
  const chance = createChance(1)
  return {
    layer,
    fits,
    serve: (next: ProvenModel) => (serving = next),
    score: async (value: number) => (await serving.predict(Float32Array.of(value), 1))[0]!,
    /** An example a second, positive with the chance sigmoid(value + bias). */
    async play(fromMs: number, minutes: number, bias: number) {
      for (let second = 1; second <= minutes * 60; second++) {
        const value = Math.fround(-1 + 3 * (chance() - 0.5))
        const label = chance() < 1 / (1 + Math.exp(-value - bias)) ? 1 : 0
        const maturedAtMs = fromMs + second * 1_000
        layer.add(sampleTrainingExample({ vector: [value], label, maturedAtMs }))
        await layer.refit()
      }
    },
  }
}

it('corrects what serves every hour of event time, by what matured after it was trained', async () => {
  const { play, fits, score } = await started()
  await play(0, 59, -1)
  expect(fits).toEqual([])
  await play(59 * MINUTE_MS, 62, -1)
  expect(fits.map(({ atMs, examples }) => [atMs, examples])).toEqual([
    [60 * MINUTE_MS, 3_600],
    [120 * MINUTE_MS, 7_200],
  ])
  // The labels say one less than the model.
  expect(await score(0)).toBeCloseTo(1 / (1 + Math.exp(1)), 1)
})

it('never learns from what a model was trained on, and begins anew with a new one', async () => {
  const { layer, play, fits, serve, score } = await started()
  await play(0, 90, -1)
  serve(await model(2, 90 * MINUTE_MS))
  expect(layer.isDue()).toBe(false)
  await play(90 * MINUTE_MS, 60, 1)
  expect(fits.at(-1)).toMatchObject({ atMs: 150 * MINUTE_MS, examples: 3_600 })
  expect(await score(0)).toBeCloseTo(1 / (1 + Math.exp(-1)), 1)
})

it('a model that follows one of its own learner begins with what that one left out, at once', async () => {
  const { layer, play, fits, serve, score } = await started()
  await play(0, 30, -1)
  await layer.handOver()
  serve(await model(2, 30 * MINUTE_MS))
  await layer.refit()
  expect(fits).toMatchObject([{ atMs: 30 * MINUTE_MS, examples: 1_800 }])
  expect(await score(0)).toBeCloseTo(1 / (1 + Math.exp(1)), 1)
  await play(30 * MINUTE_MS, 30, -1)
  await layer.handOver()
  serve(await model(3, 60 * MINUTE_MS))
  await layer.refit()
  expect(fits.at(-1)).toMatchObject({ atMs: 60 * MINUTE_MS, examples: 3_600 })
})

it('takes what it knows already when a model comes that was trained before it', async () => {
  const { layer, play, fits, serve } = await started({ everyMinutes: 60 })
  await play(0, 59, -1)
  // As after a trial: trained a while ago, examples have matured since.
  serve(await model(2, -30 * MINUTE_MS))
  await layer.refit()
  expect(fits.at(-1)).toMatchObject({ examples: 3_540 })
})

it('does without what is taken back', async () => {
  const { layer, play, fits } = await started()
  await play(0, 50, -1)
  layer.forgetSince(40 * MINUTE_MS + 1_000)
  await play(50 * MINUTE_MS, 11, -1)
  expect(fits.at(-1)).toMatchObject({ examples: 40 * 60 + 10 * 60 })
  layer.keepLast(100)
  await play(61 * MINUTE_MS, 60, -1)
  expect(fits.at(-1)).toMatchObject({ examples: 100 + 59 * 60 })
})

it('looks at the latest examples only, and waits until enough are new', async () => {
  const { layer, play, fits } = await started({ examplesMax: 1_000, everyMinutes: 0.1 })
  await play(0, 60, -1)
  expect(Math.max(...fits.map(({ examples }) => examples))).toBe(1_000)
  const gaps = fits.slice(1).map(({ atMs }, n) => atMs - fits[n]!.atMs)
  expect(Math.min(...gaps)).toBe(50_000)
  expect(layer.isDue()).toBe(false)
})

it('leaves scores as they are without a kind to choose', async () => {
  const { play, fits } = await started({ kinds: [] })
  await play(0, 70, -1)
  expect(fits).toEqual([])
})
