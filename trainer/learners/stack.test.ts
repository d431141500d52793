import { describe, expect, it } from 'vitest'
import { BUCKET_TASK, drawBucketRows } from '../testing/bucket-conformance.ts'
import { interpretGraph } from '../testing/graph-interpreter.ts'
import { trainingRowsOf } from '../testing/learner-conformance.ts'
import { createGbdt } from './gbdt.ts'
import { createStack, stackConfigSchema } from './stack.ts'

const config = stackConfigSchema.parse({ trees: { trees: 30, rowsMin: 20 }, linear: { alpha: 0.2 } })
const rows = trainingRowsOf(drawBucketRows(1, 2_000))
const noRows = trainingRowsOf([])
const options = { seed: 1, signal: new AbortController().signal, progress: () => undefined }
const fitted = createGbdt(config.trees, BUCKET_TASK).fit(rows, options)
const fresh = drawBucketRows(2, 200)
const { vectors } = trainingRowsOf(fresh)

async function stackOnTrees() {
  const learner = createStack(config, BUCKET_TASK)
  learner.onto((await fitted).onnx, rows)
  return learner
}

describe('the stack', () => {
  it('says about what the trees say, where there are no buckets', async () => {
    const { scoresOf } = (await stackOnTrees()).model()
    const blank = vectors.map((value, at) => (at % 4 === 0 ? value : 0))
    const expected = (await fitted).scoresOf(blank)
    scoresOf(blank).forEach((score, at) => expect(Math.abs(score - expected[at]!)).toBeLessThan(0.1))
  })

  it('learns what a leaf is worth now, when people turn', async () => {
    const learner = await stackOnTrees()
    const vector = [0.9, 0, 0, 0]
    const before = learner.predict(vector)
    for (let times = 0; times < 300; times++) {
      learner.update({ vector, label: 0 })
      learner.update({ vector: [-0.9, 0, 0, 0], label: 1 })
    }
    expect(learner.predict(vector)).toBeLessThan(before / 2)
    expect(learner.predict([-0.9, 0, 0, 0])).toBeGreaterThan(0.5)
    const scores = learner.model().scoresOf(Float32Array.from(vector))
    expect(scores[0]).toBeCloseTo(learner.predict(vector), 6)
  })

  it('moves about as far for one example however many trees there are', async () => {
    const movesWith = async (trees: number) => {
      const settings = { ...config.trees, trees }
      const learner = createStack({ ...config, trees: settings }, BUCKET_TASK)
      learner.onto((await createGbdt(settings, BUCKET_TASK).fit(rows, options)).onnx, noRows)
      const vector = [0.1, 0, 0, 0]
      const before = Math.log(1 / learner.predict(vector) - 1)
      learner.update({ vector, label: 1 })
      return before - Math.log(1 / learner.predict(vector) - 1)
    }
    const [few, many] = [await movesWith(2), await movesWith(30)]
    expect(many / few).toBeGreaterThan(0.5)
    expect(many / few).toBeLessThan(2)
  })

  it('knows of other trees only what the rows say', async () => {
    const learner = await stackOnTrees()
    const vector = [0.5, 7, 0, 0]
    const before = learner.predict(vector)
    for (let times = 0; times < 100; times++) learner.update({ vector, label: 1 })
    expect(learner.predict(vector)).toBeGreaterThan(before + 0.1)
    expect(learner.examples).toBe(2_100)
    learner.onto((await fitted).onnx, rows)
    expect(learner.predict(vector)).toBe(before)
    expect(learner.examples).toBe(2_000)
  })

  it('has a file without trees as well, before the first fit', () => {
    const learner = createStack(config, BUCKET_TASK)
    for (const row of fresh) learner.update(row)
    const { onnx, scoresOf } = learner.model()
    interpretGraph(onnx)(vectors, 4).forEach((score, at) =>
      expect(score).toBeCloseTo(scoresOf(vectors)[at]!, 6),
    )
  })

  it('refuses a file that has no trees', () => {
    const learner = createStack(config, BUCKET_TASK)
    expect(() => learner.onto(new Uint8Array(), rows)).toThrow('has no trees')
  })
})
