import { expect, it } from 'vitest'
import { silentLogger, silentSignals } from '#streams'
import type { ProvableModel } from '../export/provable-model.ts'
import { trainerConfigSchema } from '../config.ts'
import { learnerChoiceSchema } from '../learners/choice.ts'
import { sampleTrainingExample } from '../testing/sample-training-example.ts'
import { createBatchSource } from './batch-source.ts'
import type { FitRequest } from './fit-model.ts'
import { createHistory } from './history.ts'
import { NO_SCRATCH } from './window/scratch.ts'
import { openWindow } from './window/open-window.ts'

const model: ProvableModel = {
  onnx: Uint8Array.of(1),
  facts: { examples: 3, rounds: 1, parameters: 1 },
  golden: { vectors: new Float32Array(0), scores: new Float32Array(0) },
}

interface Asked extends FitRequest {
  signal: AbortSignal
  succeed(): void
  fail(error: Error): void
}

function started() {
  const asked: Asked[] = []
  const history = createHistory(100)
  const examples = [10, 20, 30].map((ms) =>
    sampleTrainingExample({
      vector: [ms],
      label: ms === 20 ? 1 : 0,
      occurredAtMs: ms,
      maturedAtMs: ms + 5,
    }),
  )
  const window = openWindow(trainerConfigSchema.parse({}), {
    width: 1,
    scratch: NO_SCRATCH,
    log: silentLogger,
  })
  for (const example of examples) {
    history.add(example)
    window.add(example)
  }
  const source = createBatchSource({
    choice: learnerChoiceSchema.parse({ use: 'ftrl' }),
    task: { width: 1, graphName: 'g' },
    history,
    window,
    halfLifeMinutes: undefined,
    drift: { keptShare: 0.25 },
    clock: { nowMs: () => 0 },
    goldenVectors: () => Float32Array.of(7),
    fitter: {
      atOnce: 1,
      fit: (request, { signal }) =>
        new Promise((resolve, reject) => {
          asked.push({ ...request, signal, succeed: () => resolve(model), fail: reject })
        }),
      stop: () => Promise.resolve(),
    },
    signals: silentSignals,
  })
  return { asked, source, examples }
}
const promisesAreKept = () => new Promise<void>((resolve) => setImmediate(resolve))

it('fits what is remembered, and tells of the model once, when it is there', async () => {
  const { asked, source } = started()
  source.begin()
  expect(source.begun()).toEqual({ examples: 3, positives: 1, fromMs: 10, toMs: 35 })
  expect(source.begun()).toBeUndefined()
  expect([...asked[0]!.rows.vectors]).toEqual([10, 20, 30])
  expect([...asked[0]!.goldenVectors]).toEqual([7])
  expect(source.finished()).toBeUndefined()
  asked[0]!.succeed()
  await promisesAreKept()
  expect(source.finished()).toEqual({
    kind: 'made',
    model: { ...model, trainedOn: { fromMs: 10, toMs: 35 } },
    fit: { examples: 3, positives: 1, fromMs: 10, toMs: 35, seconds: 0 },
  })
  expect(source.finished()).toBeUndefined()
})

it('gives a fit up for a new one, whose rows are those since the change', async () => {
  const { asked, source, examples } = started()
  source.begin()
  source.beginAnew(examples.slice(1))
  expect(asked[0]!.signal.aborted).toBe(true)
  asked[0]!.succeed()
  await promisesAreKept()
  expect(source.finished()).toBeUndefined()
  expect([...asked[1]!.rows.vectors]).toEqual([20, 30])
  asked[1]!.succeed()
  await promisesAreKept()
  expect(source.finished()).toMatchObject({ kind: 'made', model: { trainedOn: { fromMs: 20, toMs: 35 } } })
})

it('counts what came before a change little from then on', async () => {
  const { asked, source, examples } = started()
  for (const begin of [
    () => source.begin(),
    () => source.beginAnew(examples.slice(1)),
    () => source.begin(),
  ]) {
    begin()
    await promisesAreKept()
    asked.at(-1)!.succeed()
    await promisesAreKept()
  }
  expect(asked.map(({ rows }) => [...(rows.weights ?? [])])).toEqual([[], [], [0.25, 1, 1]])
})

it('says that a fit failed, and begins again when told', async () => {
  const { asked, source } = started()
  source.begin()
  const error = new Error('no memory')
  asked[0]!.fail(error)
  await promisesAreKept()
  expect(source.finished()).toMatchObject({ kind: 'failed', error })
  source.begin()
  expect(asked).toHaveLength(2)
})

it('gives up with a sentence where all examples have the same label', async () => {
  const { asked, source, examples } = started()
  source.beginAnew(examples.slice(2))
  await promisesAreKept()
  expect(asked).toEqual([])
  const { error } = source.finished() as { error: Error }
  expect(error.message).toMatch(
    /^all 1 examples of the window are negative, so there is nothing to tell apart: take/,
  )
})
