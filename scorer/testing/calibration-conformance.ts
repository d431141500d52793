import { describe, expect, it } from 'vitest'
import type { ModelManifest } from '#schemas'
import { calibratedBy } from '../model/calibration.ts'
import { goldenOf } from '../model/golden.ts'
import { ModelRefusedError, type OpenModel } from '../model/index.ts'
import { logisticScores, writeLogisticModel } from './logistic-model.ts'
import { CONFORMANCE_MODEL } from './model-conformance.ts'
import { scaledBy } from './scaled-calibration.ts'

const ROW = Float32Array.of(1, 2, 3)

/** How every OpenModel calibrates, real or fake. It takes KINDS_WITH_SCALED and scores CONFORMANCE_MODEL. */
export function calibrationConformance(name: string, openModel: OpenModel): void {
  const { onnx, manifest } = writeLogisticModel(CONFORMANCE_MODEL)
  const raw = logisticScores(ROW, CONFORMANCE_MODEL.weights, CONFORMANCE_MODEL.bias)
  const rawScore = raw[0] ?? NaN
  const refusal = (changes: Partial<ModelManifest>) =>
    openModel(onnx, { ...manifest, ...changes }).then(
      () => 'opened',
      (error: unknown) => (error instanceof ModelRefusedError ? `${error.code}: ${error.message}` : error),
    )

  describe(`${name} calibrates`, () => {
    it('what it answers, not what its golden vectors prove', async () => {
      const golden = goldenOf(ROW, raw, 1e-5)
      const session = await openModel(onnx, { ...manifest, ...scaledBy(0.5), golden })
      expect((await session.predict(ROW, 1))[0]).toBeCloseTo(rawScore / 2, 6)
      await session.close()
      const calibrated = goldenOf(ROW, Float32Array.of(rawScore / 2), 1e-5)
      expect(await refusal({ ...scaledBy(0.5), golden: calibrated })).toMatch(/^golden_differs: /)
    })

    it('the open file anew, without closing it under the other', async () => {
      const first = await openModel(onnx, manifest)
      const second = first.recalibrated({ ...manifest, ...scaledBy(0.5) })
      const third = second?.recalibrated({ ...manifest, ...scaledBy(0.25), metrics: { auc: 0.7 } })
      expect(third?.manifest.calibrationId).toBe(scaledBy(0.25).calibrationId)
      const scores = await Promise.all([first, second, third].map((session) => session?.predict(ROW, 1)))
      scores.forEach((score, at) => expect(score?.[0]).toBeCloseTo(rawScore / 2 ** at, 6))
      await first.close()
      await first.close()
      await third?.close()
      await expect(first.predict(ROW, 1)).rejects.toMatchObject({ code: 'session_closed' })
      expect((await second?.predict(ROW, 1))?.[0]).toBeCloseTo(rawScore / 2, 6)
      await second?.close()
      await expect(second?.predict(ROW, 1)).rejects.toMatchObject({ code: 'session_closed' })
    })

    it('nothing anew that was not proven', async () => {
      const session = await openModel(onnx, manifest)
      const changed: Partial<ModelManifest>[] = [
        { modelId: 'other' },
        { onnxSha256: '0'.repeat(64) },
        { golden: { ...manifest.golden, tolerance: 1 } },
      ]
      for (const changes of changed)
        expect(session.recalibrated({ ...manifest, ...scaledBy(0.5), ...changes })).toBeUndefined()
      expect(() => session.recalibrated({ ...manifest, ...calibratedBy({ kind: 'other' }) })).toThrow(
        ModelRefusedError,
      )
      expect(() => session.recalibrated({ ...manifest, ...scaledBy(-1) })).toThrow(/not within 0\.\.1/)
      expect((await session.predict(ROW, 1))[0]).toBeCloseTo(rawScore, 6)
      await session.close()
    })

    it('by no kind that it does not know, by no parameters that are not its own, to probabilities only', async () => {
      expect(await refusal(calibratedBy({ kind: 'isotonic-7' }))).toBe(
        'calibration_unknown: model conformance wants calibration isotonic-7, which this scorer does not know',
      )
      expect(await refusal(calibratedBy({ kind: 'identity', slope: 2 }))).toMatch(
        /^calibration_unknown: .*, whose parameters are not those of its kind$/,
      )
      expect(await refusal(calibratedBy({ kind: 'scaled', factor: 'half' }))).toMatch(
        /^calibration_unknown: /,
      )
      expect(await refusal(scaledBy(-1))).toMatch(/^output_not_probability: /)
    })
  })
}
