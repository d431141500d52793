import { afterAll, describe, expect, it } from 'vitest'
import { createOnnxModels } from '#scorer/model'
import { candidateOf } from '../export/candidate.ts'
import { provableModelOf } from '../export/provable-model.ts'
import { type LearnerChoice, learnerChoiceSchema } from '../learners/choice.ts'
import { LEARNERS } from '../learners/index.ts'
import type { AnyLearnerEntry, TrainedModel } from '../learners/learner.ts'
import { BUCKET_TASK, drawBucketRows } from '../testing/bucket-conformance.ts'
import { type DrawnRow, drawRows, trainedModelOf, trainingRowsOf } from '../testing/learner-conformance.ts'
import { fitModel, type FitRequest } from './fit-model.ts'
import { createFitHost } from './process-fit-host.ts'

const entries: [string, AnyLearnerEntry][] = Object.entries(LEARNERS)
const batchUses = entries.filter(([, { kind }]) => kind !== 'online').map(([use]) => use)
const models = createOnnxModels({})
const task = { width: 4, graphName: 'conformance' }
const drawn = drawRows(1, 2_000)
const golden = () => trainingRowsOf(drawn.slice(0, 32)).vectors
const asked = () => ({ signal: new AbortController().signal, progress: () => undefined })
const requestOf = (choice: LearnerChoice): FitRequest => ({
  choice,
  task,
  rows: trainingRowsOf(drawn),
  seed: 1,
  goldenVectors: golden(),
})

afterAll(() => models.stop())

it.each(entries)('the file of %s is scored by ONNX Runtime as the learner says', async (use, entry) => {
  await expectScoredAlike(use, await trainedModelOf(entry, drawn, { task }), drawRows(2, 500))
})

it.each(entries)('and with columns of buckets, whatever number is there: %s', async (use, entry) => {
  const trained = await trainedModelOf(entry, drawBucketRows(1, 4_000), { task: BUCKET_TASK })
  const odd = [0, -1, -0.5, 0.5, 2.5, 32.5, 33, 64, 1e6, -1e6].map((number): DrawnRow => ({
    vector: [0.5, number, 1, number],
    label: 0,
  }))
  await expectScoredAlike(use, trained, [...drawBucketRows(2, 500), ...odd])
})

async function expectScoredAlike(use: string, trained: TrainedModel, rows: readonly DrawnRow[]) {
  const { onnx, manifest } = candidateOf({
    model: provableModelOf(trained, golden()),
    learner: use,
    objective: 'click',
    featureSet: { id: 'fs', names: ['a', 'b', 'c', 'd'], width: 4 },
    sequence: 1,
    goldenTolerance: 1e-5,
    trainedOn: { fromMs: 0, toMs: 0 },
    createdAtMs: 0,
  })
  const session = await models.openModel(onnx, manifest)
  const { vectors } = trainingRowsOf(rows)
  const [ours, theirs] = [trained.scoresOf(vectors), await session.predict(vectors, rows.length)]
  expect(Math.max(...ours.map((score, at) => Math.abs(score - theirs[at]!)))).toBeLessThan(1e-6)
  await session.close()
}

describe('a fit in a worker thread', () => {
  it.each(batchUses)('gives the model of %s that a fit in this thread gives', async (use) => {
    const choice = learnerChoiceSchema.parse({ use })
    const host = createFitHost({ fitMsMax: 60_000 })
    const told: number[] = []
    const request = requestOf(choice)
    const model = await host.fit(request, { ...asked(), progress: (share) => told.push(share) })
    expect(model).toEqual(await fitModel(requestOf(choice), asked()))
    expect(told.at(-1)).toBe(1)
    // Moved, not copied.
    expect(request.rows.vectors.length).toBe(0)
    await host.stop()
  })

  it('fits two at once, and again in the same threads', async () => {
    const choice = learnerChoiceSchema.parse({ use: 'gbdt', trees: 10 })
    const host = createFitHost({ fitMsMax: 60_000, atOnce: 2, keepsThreads: true })
    const expected = await fitModel(requestOf(choice), asked())
    for (let round = 0; round < 2; round++) {
      const fits = [1, 2, 3].map(() => host.fit(requestOf(choice), asked()))
      for (const model of await Promise.all(fits)) expect(model).toEqual(expected)
    }
    // A thread whose fit failed is not used again.
    await expect(
      host.fit(requestOf(learnerChoiceSchema.parse({ use: 'ftrl' })), asked()),
    ).rejects.toMatchObject({
      code: 'fit_failed',
    })
    const goingOn = { ...requestOf(choice), startFrom: expected.onnx }
    expect((await host.fit(goingOn, asked())).facts.rounds).toBe(2 * expected.facts.rounds)
    await host.stop()
  })

  it('says why there is no model', async () => {
    const host = createFitHost({ fitMsMax: 60_000 })
    const online = requestOf(learnerChoiceSchema.parse({ use: 'ftrl' }))
    await expect(host.fit(online, asked())).rejects.toMatchObject({ code: 'fit_failed', policy: 'transient' })
    await host.stop()
  })

  it('ends a fit that takes too long, and one that nobody wants any more', async () => {
    const request = () => requestOf(learnerChoiceSchema.parse({ use: 'ftrl' }))
    const hasty = createFitHost({ fitMsMax: 1 })
    await expect(hasty.fit(request(), asked())).rejects.toMatchObject({ code: 'fit_timeout' })
    const host = createFitHost({ fitMsMax: 60_000 })
    const ends = new AbortController()
    const given = host.fit(request(), { ...asked(), signal: ends.signal })
    const waiting = host.fit(request(), asked())
    const bothEnd = Promise.allSettled([given, waiting])
    ends.abort()
    await host.stop()
    const outcomes = await bothEnd
    expect(outcomes.map((outcome) => outcome.status === 'rejected' && outcome.reason.code)).toEqual([
      'fit_aborted',
      'fit_aborted',
    ])
    await expect(host.fit(request(), asked())).rejects.toMatchObject({ code: 'fit_aborted' })
  })
})
