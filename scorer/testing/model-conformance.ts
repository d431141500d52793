import { describe, expect, it } from 'vitest'
import type { ModelManifest } from '#schemas'
import { goldenOf } from '../model/golden.ts'
import { ModelCallError, ModelRefusedError, type OpenModel } from '../model/index.ts'
import { logisticScores, writeLogisticModel } from './logistic-model.ts'

export const CONFORMANCE_MODEL = {
  modelId: 'conformance',
  featureSetId: 'fs-conformance',
  featureNames: ['a', 'b', 'c'],
  weights: [0.5, -1, 2],
  bias: 0.1,
}

/** What every OpenModel must do, real or fake. It scores sigmoid(vectors x weights + bias) of CONFORMANCE_MODEL. */
export function modelConformance(name: string, openModel: OpenModel): void {
  scoringConformance(name, openModel)
  refusalConformance(name, openModel)
}

function scoringConformance(name: string, openModel: OpenModel): void {
  const { weights, bias } = CONFORMANCE_MODEL
  const { onnx, manifest } = writeLogisticModel(CONFORMANCE_MODEL)

  describe(`${name} is a model`, () => {
    it('scores rows, in order, and leaves the vectors to the caller', async () => {
      const session = await openModel(onnx, manifest)
      const vectors = Float32Array.from([1, 2, 3, 0, 0, 0, -1, 5, 0.25])
      const before = vectors.slice()
      const scores = await session.predict(vectors, 3)
      const expected = logisticScores(vectors, weights, bias)
      expect(scores.length).toBe(3)
      scores.forEach((score, row) => expect(score).toBeCloseTo(expected[row] ?? NaN, 6))
      expect(vectors).toEqual(before)
      await session.close()
    })

    it('scores a view into a larger buffer, and no rows', async () => {
      const session = await openModel(onnx, manifest)
      const buffer = Float32Array.from([9, 9, 9, 1, 2, 3, 9, 9, 9])
      const [score] = await session.predict(buffer.subarray(3, 6), 1)
      expect(score).toBeCloseTo(logisticScores(Float32Array.from([1, 2, 3]), weights, bias)[0] ?? NaN, 6)
      expect((await session.predict(new Float32Array(0), 0)).length).toBe(0)
      await session.close()
    })

    it('keeps several sessions apart, and calls at the same time', async () => {
      const one = await openModel(onnx, manifest)
      const two = await openModel(onnx, { ...manifest, modelId: 'second' })
      const rows = Array.from({ length: 20 }, (_, at) => Float32Array.from([at / 10, 0, 0]))
      const answers = await Promise.all(rows.map((row, at) => (at % 2 === 0 ? one : two).predict(row, 1)))
      answers.forEach((scores, at) => {
        expect(scores[0]).toBeCloseTo(logisticScores(rows[at] as Float32Array, weights, bias)[0] ?? NaN, 6)
      })
      await one.close()
      await two.close()
    })

    it('refuses vectors that are not finite, or not rows x width, and goes on', async () => {
      const session = await openModel(onnx, manifest)
      const codeOf = (vectors: number[], rows: number) =>
        session.predict(Float32Array.from(vectors), rows).then(
          () => 'scored',
          (error: unknown) => (error instanceof ModelCallError ? `${error.code}: ${error.message}` : error),
        )
      expect(await codeOf([1, 2, 3, 1, NaN, 3], 2)).toBe(
        'input_not_finite: model conformance: b of row 1 is NaN',
      )
      expect(await codeOf([Infinity, 2, 3], 1)).toMatch(/^input_not_finite/)
      expect(await codeOf([1, 2, 3, 4], 1)).toMatch(/^input_shape/)
      expect(await codeOf([1, 2, 3], -1)).toMatch(/^input_shape/)
      expect(await codeOf([1, 2, 3], 1)).toBe('scored')
      await session.close()
    })

    it('is closed once and for all', async () => {
      const session = await openModel(onnx, manifest)
      await session.close()
      await session.close()
      await expect(session.predict(Float32Array.from([1, 2, 3]), 1)).rejects.toMatchObject({
        code: 'session_closed',
      })
    })
  })
}

function refusalConformance(name: string, openModel: OpenModel): void {
  const { weights, bias } = CONFORMANCE_MODEL
  const { onnx, manifest } = writeLogisticModel(CONFORMANCE_MODEL)
  const refusal = (changed: Partial<ModelManifest>, bytes: Uint8Array = onnx) =>
    openModel(bytes, { ...manifest, ...changed }).then(
      () => 'opened',
      (error: unknown) => (error instanceof ModelRefusedError ? error.code : error),
    )

  describe(`${name} proves its file`, () => {
    it('refuses a file that is not the one in the manifest', async () => {
      expect(await refusal({}, onnx.slice(0, -1))).toBe('bytes_differ')
      const flipped = onnx.slice()
      flipped[40] = (flipped[40] ?? 0) ^ 1
      expect(await refusal({}, flipped)).toBe('sha256_differs')
    })

    it('refuses golden vectors that it does not reproduce', async () => {
      const vectors = Float32Array.from([1, 2, 3])
      const right = logisticScores(vectors, weights, bias)
      expect(await refusal({ golden: goldenOf(vectors, right, 1e-5) })).toBe('opened')
      expect(
        await refusal({
          golden: goldenOf(
            vectors,
            right.map((score) => score + 2e-5),
            1e-5,
          ),
        }),
      ).toBe('golden_differs')
      expect(await refusal({ golden: goldenOf(vectors, Float32Array.from([NaN]), 1e-5) })).toBe(
        'golden_malformed',
      )
      expect(await refusal({ golden: { ...goldenOf(vectors, right, 1e-5), rows: 2 } })).toBe(
        'golden_malformed',
      )
    })
  })
}
