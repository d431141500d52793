import { calibrationIdOf } from '../calibration.ts'
import type { ModelManifest } from '../manifest.ts'
import { bytesOfVector } from '../vector-bytes.ts'

const calibration = { kind: 'platt', slope: 1.25, bias: -0.5 }

/** A valid manifest of a model of two features. */
export const sampleManifest: ModelManifest = {
  formatVersion: 2,
  modelId: 'm-1',
  learner: 'ftrl',
  label: 'click',
  featureSetId: 'fs-1',
  featureNames: ['user_clicks', 'item_rate'],
  input: 'vectors',
  output: 'scores',
  width: 2,
  onnxSha256: 'ab'.repeat(32),
  onnxBytes: 400,
  calibration,
  calibrationId: calibrationIdOf(calibration),
  golden: {
    rows: 1,
    vectors: bytesOfVector(Float32Array.of(0.5, -1)).toString('base64'),
    scores: bytesOfVector(Float32Array.of(0.25)).toString('base64'),
    tolerance: 1e-5,
  },
  trainedOn: { examples: 2_000, fromMs: 1_700_000_000_000, toMs: 1_700_000_600_000 },
  metrics: { normalizedEntropy: 0.91 },
  createdAtMs: 1_760_000_000_000,
}
