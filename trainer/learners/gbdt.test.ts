import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { createChance } from '#schemas/testing'
import { exportLinearModel } from '../export/linear-model.ts'
import { createGbdt } from './gbdt.ts'
import { gbdtConfigSchema } from './gbdt/settings.ts'
import { type FitOptions, sigmoid, type TrainingRows } from './learner.ts'

interface ReferenceCase {
  name: string
  settings: Record<string, unknown>
  /** null: missing. */
  vectors: (number | null)[][]
  labels: (0 | 1)[]
  weights?: number[]
  predictions: number[]
}
const { cases } = JSON.parse(readFileSync(new URL('./reference/gbdt.json', import.meta.url), 'utf8')) as {
  cases: ReferenceCase[]
}
const options = { seed: 1, signal: new AbortController().signal, progress: () => undefined }

describe("gbdt is LightGBM's where both have the same bins", () => {
  it.each(cases)('$name', async ({ settings, vectors, labels, weights, predictions }) => {
    const width = vectors[0]!.length
    const rows: TrainingRows = {
      count: vectors.length,
      width,
      vectors: Float32Array.from(vectors.flat(), (value) => value ?? NaN),
      labels: Uint8Array.from(labels),
      ...(weights === undefined ? {} : { weights: Float32Array.from(weights) }),
    }
    const learner = createGbdt(gbdtConfigSchema.parse(settings), { width, graphName: 'gbdt' })
    const scores = (await learner.fit(rows, options)).scoresOf(rows.vectors)
    const worst = Math.max(...predictions.map((prediction, row) => Math.abs(prediction - scores[row]!)))
    expect(worst).toBeLessThan(2e-6)
  })
})

const WIDTH = 4

/** The score rises with column 0, with much noise; columns 1 to 3 say nothing. */
function noisy(seed: number, count: number): TrainingRows {
  const chance = createChance(seed)
  const vectors = Float32Array.from({ length: count * WIDTH }, () => chance() * 4 - 2)
  const labels = Uint8Array.from({ length: count }, (_, row) =>
    Number(chance() < sigmoid(0.5 * vectors[row * WIDTH]! - 1)),
  )
  return { count, width: WIDTH, vectors, labels }
}
const fit = (settings: object, rows: TrainingRows, more: Partial<FitOptions> = {}) =>
  createGbdt(gbdtConfigSchema.parse(settings), { width: WIDTH, graphName: 'gbdt' }).fit(rows, {
    ...options,
    ...more,
  })
const worstDifference = (one: Float32Array, two: Float32Array) =>
  one.reduce((worst, score, at) => Math.max(worst, Math.abs(score - two[at]!)), 0)

describe('gbdt goes on from a model', () => {
  const rows = noisy(1, 1_000)

  it('as if all trees had been grown at once', async () => {
    const all = await fit({ trees: 20 }, rows)
    const first = await fit({ trees: 10 }, rows)
    const both = await fit({ trees: 10 }, rows, { startFrom: first.onnx })
    expect(both.facts.rounds).toBe(20)
    expect(worstDifference(both.scoresOf(rows.vectors), all.scoresOf(rows.vectors))).toBeLessThan(1e-5)
  })

  it('until it would have too many trees; then anew', async () => {
    const first = await fit({ trees: 10 }, rows)
    const anew = await fit({ trees: 10, treesKeptMax: 19 }, rows, { startFrom: first.onnx })
    expect(anew.onnx).toEqual(first.onnx)
  })

  it('by what the leaves of the same trees say now', async () => {
    const settings = { trees: 10, l2: 1 }
    const first = await fit(settings, rows)
    const leavesOf = { ...settings, goOnBy: 'leaves' }
    // The same rows say the same.
    const same = await fit(leavesOf, rows, { startFrom: first.onnx })
    expect(worstDifference(same.scoresOf(rows.vectors), first.scoresOf(rows.vectors))).toBeLessThan(1e-6)
    // Clicks are rarer now: the same trees are right again.
    const rare = { ...rows, labels: rows.labels.map((label, row) => (row % 2 === 0 ? label : 0)) }
    const again = await fit({ ...leavesOf, trees: 1 }, rare, { startFrom: first.onnx })
    expect(again.facts).toEqual({ ...first.facts, examples: rare.count })
    const meanOf = (values: ArrayLike<number>) =>
      Array.from(values).reduce((sum, value) => sum + value, 0) / 1_000
    const [was, is] = [first, again].map(({ scoresOf }) => meanOf(scoresOf(rows.vectors)))
    expect(was).toBeGreaterThan(1.7 * meanOf(rare.labels))
    expect(is! / meanOf(rare.labels)).toBeLessThan(1.05)
  })

  it('by leaves, of which those of the first model say what the latest rows say, too', async () => {
    const turned = { ...rows, labels: rows.labels.map((label, row) => (row < 900 ? label : 1)) }
    const settings = { stopAfterTrees: 20, goOnBy: 'leaves' }
    const first = await fit(settings, turned)
    const meanOf = (values: ArrayLike<number>) =>
      Array.from(values).reduce((sum, value) => sum + value, 0) / 1_000
    expect(meanOf(first.scoresOf(rows.vectors)) / meanOf(turned.labels)).toBeCloseTo(1, 2)
    // Nothing is new: nothing changes.
    const again = await fit(settings, turned, { startFrom: first.onnx })
    expect(worstDifference(again.scoresOf(rows.vectors), first.scoresOf(rows.vectors))).toBeLessThan(1e-6)
  })

  it('not by leaves where columns are monotone', () => {
    expect(() => fit({ goOnBy: 'leaves', increasing: ['0'] }, rows)).toThrow('go on by trees')
  })

  it('of as many columns, and of trees', async () => {
    const other = createGbdt(gbdtConfigSchema.parse({}), { width: 2, graphName: 'gbdt' })
    const narrow = { count: 2, width: 2, vectors: Float32Array.of(1, 2, 3, 4), labels: Uint8Array.of(0, 1) }
    const { onnx } = await other.fit(narrow, options)
    await expect(fit({}, rows, { startFrom: onnx })).rejects.toThrow('takes 2 columns, not 4')
    const linear = exportLinearModel({ weights: new Float64Array(WIDTH), bias: 0 }, 'g')
    await expect(fit({}, rows, { startFrom: linear })).rejects.toThrow('has no trees')
  })
})

describe('gbdt holds to its settings', () => {
  it('lets the score only rise with a column, whatever the noise says', async () => {
    const rows = noisy(2, 2_000)
    const steps = Array.from({ length: 81 }, (_, at) => at / 20 - 2)
    const path = Float32Array.from(steps.flatMap((value) => [value, 0.3, -0.7, 1.1]))
    const isRising = (scores: Float32Array) =>
      scores.every((score, at) => at === 0 || score >= scores[at - 1]!)
    expect(isRising((await fit({ increasing: ['0'] }, rows)).scoresOf(path))).toBe(true)
    expect(isRising((await fit({}, rows)).scoresOf(path))).toBe(false)
  })

  it('stops when the latest rows gain nothing, and learns nothing from them', async () => {
    const rows = noisy(3, 2_000)
    // The latest rows contradict all the others: no tree helps them.
    const turned = rows.labels.map((label, row) => (row < 1_800 ? label : 1 - label))
    const stopped = await fit({ stopAfterTrees: 3 }, { ...rows, labels: turned })
    expect(stopped.facts.rounds).toBeLessThanOrEqual(3)
    const useful = await fit({ stopAfterTrees: 3 }, rows)
    expect(useful.facts.rounds).toBeGreaterThan(3)
    expect(useful.facts.rounds).toBeLessThan(100)
  })

  it('draws rows and columns by the seed alone', async () => {
    const rows = noisy(4, 500)
    const drawn = { rowShare: 0.5, columnShare: 0.5, trees: 5 }
    const [one, again, other] = [
      await fit(drawn, rows),
      await fit(drawn, rows),
      await fit(drawn, rows, { seed: 2 }),
    ]
    expect(again.onnx).toEqual(one.onnx)
    expect(other.onnx).not.toEqual(one.onnx)
  })

  it('splits no more when nothing is gained by it', async () => {
    const { facts, scoresOf } = await fit({ gainMin: 1e6 }, noisy(5, 500))
    expect(facts.rounds).toBe(1)
    expect(new Set(scoresOf(noisy(6, 20).vectors)).size).toBe(1)
  })

  it('sends a value that no training row lacked where most rows went', async () => {
    const rows = { count: 100, width: WIDTH, vectors: new Float32Array(400), labels: new Uint8Array(100) }
    for (let row = 0; row < 100; row++) {
      rows.vectors[row * WIDTH] = row < 70 ? 0 : 1
      rows.labels[row] = Number(row % 7 === 0 || row >= 75)
    }
    const { scoresOf } = await fit({ trees: 1, rowsMin: 1, leaves: 2 }, rows)
    const [zero, one, missing] = scoresOf(Float32Array.of(0, 0, 0, 0, 1, 0, 0, 0, NaN, 0, 0, 0))
    expect(zero).not.toBe(one)
    expect(missing).toBe(zero)
  })

  it.each([1, 0.5])(
    'has nothing to split where every column is one of buckets (%d drawn)',
    async (columnShare) => {
      const task = { width: WIDTH, graphName: 'gbdt', buckets: [{ columns: [0, 1, 2, 3], range: 64 }] }
      const rows = noisy(8, 300)
      const model = await createGbdt(gbdtConfigSchema.parse({ columnShare, trees: 5 }), task).fit(rows, {
        ...{ seed: 1, signal: new AbortController().signal, progress: () => undefined },
      })
      expect(new Set(model.scoresOf(rows.vectors)).size).toBe(1)
    },
  )

  it('ends when nobody wants the model any more', async () => {
    await expect(fit({}, noisy(7, 100), { signal: AbortSignal.abort() })).rejects.toThrow()
  })
})
