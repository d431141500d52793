import onnxProto from 'onnx-proto'
import { ModelRefusedError, type OpenModel, proveModel } from '#scorer/model'
import type { LinearModel } from '../export/linear-model.ts'
import { sigmoid } from '../learners/learner.ts'

/**
 * Opens the trainer's own model files without ONNX Runtime: reads the weights back and computes. For systems in
 * memory, where nothing may start a thread. Golden vectors are proven as in the real one.
 */
export const openLinearModel: OpenModel = async (bytes, manifest) => {
  const { weights, bias } = linearModelOf(bytes, manifest.modelId)
  const { width } = manifest
  const file = {
    predict(vectors: Float32Array, rows: number) {
      const scores = Float32Array.from({ length: rows }, (_, row) => {
        let logit = bias
        for (let column = 0; column < width; column++)
          logit += vectors[row * width + column]! * weights[column]!
        return sigmoid(logit)
      })
      return Promise.resolve(scores)
    },
    close: () => Promise.resolve(),
  }
  return proveModel(file, manifest)
}

/** The weights in a file that `exportLinearModel` wrote. */
export function linearModelOf(bytes: Uint8Array, modelId: string): LinearModel {
  const { graph } = onnxProto.onnx.ModelProto.decode(bytes)
  const floats = (name: string) => graph?.initializer?.find((tensor) => tensor.name === name)?.floatData
  const [weights, bias] = [floats('weights'), floats('bias')]
  if (!weights || bias?.[0] === undefined) {
    throw new ModelRefusedError('not_loadable', `model ${modelId} is no file of the trainer's`)
  }
  return { weights: Float64Array.from(weights), bias: bias[0] }
}
