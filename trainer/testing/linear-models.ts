import onnxProto from 'onnx-proto'
import { ModelRefusedError, type OpenModel, proveModel } from '#scorer/model'
import type { LinearModel } from '../export/linear-model.ts'
import { readTreeModel } from '../export/tree-file-reader.ts'
import { treeLogits } from '../export/tree-model.ts'
import { sigmoid } from '../learners/learner.ts'

/**
 * Opens the trainer's own model files without ONNX Runtime: reads the weights back and computes. For systems in
 * memory, where nothing may start a thread. Golden vectors are proven as in the real one.
 */
export const openLinearModel: OpenModel = async (bytes, manifest) => {
  const scoresOf = scoresOfFile(bytes, manifest.modelId, manifest.width)
  const file = {
    predict: (vectors: Float32Array) => Promise.resolve(scoresOf(vectors)),
    close: () => Promise.resolve(),
  }
  return proveModel(file, manifest)
}

/** What a file says by what is read back from it: linear or trees. */
export function scoresOfFile(
  bytes: Uint8Array,
  modelId: string,
  width: number,
): (vectors: Float32Array) => Float32Array {
  const { graph } = onnxProto.onnx.ModelProto.decode(bytes)
  if (graph?.node?.some(({ opType }) => opType === 'TreeEnsembleRegressor')) {
    const model = readTreeModel(bytes)
    return (vectors) => treeLogits(model, vectors).map(sigmoid)
  }
  const { weights, bias } = linearModelOf(bytes, modelId)
  return (vectors) =>
    Float32Array.from({ length: vectors.length / width }, (_, row) => {
      let logit = bias
      for (let column = 0; column < width; column++)
        logit += vectors[row * width + column]! * weights[column]!
      return sigmoid(logit)
    })
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
