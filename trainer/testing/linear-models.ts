import onnxProto from 'onnx-proto'
import { ModelRefusedError, type OpenModel, proveModel } from '#scorer/model'
import type { TopologyTestDriver } from '#streams/testing'
import type { LinearModel } from '../export/linear-model.ts'
import { sigmoid } from '../learners/learner.ts'
import { interpretGraph, tensorOf } from './graph-interpreter.ts'

/**
 * Opens the trainer's own model files without ONNX Runtime. For systems in memory, where nothing may start a thread.
 * Golden vectors are proven as in the real one.
 */
export const openLinearModel: OpenModel = async (bytes, manifest) => {
  const scoresOf = interpretGraph(bytes)
  const file = {
    predict: (vectors: Float32Array) => Promise.resolve(scoresOf(vectors, manifest.width)),
    close: () => Promise.resolve(),
  }
  return proveModel(file, manifest)
}

/** The weights in a file that `exportLinearModel` wrote. */
export function linearModelOf(bytes: Uint8Array, modelId: string): LinearModel {
  const { graph } = onnxProto.onnx.ModelProto.decode(bytes)
  const tensor = (name: string) => graph?.initializer?.find((each) => each.name === name)
  const [weights, bias] = [tensor('weights'), tensor('bias')]
  if (!weights || !bias) {
    throw new ModelRefusedError('not_loadable', `model ${modelId} is no file of the trainer's`)
  }
  return { weights: tensorOf(weights).data, bias: tensorOf(bias).data[0]! }
}

/** The newest champion of a driver's topics, and how it scores; undefined: nobody serves. */
export function championOf(driver: TopologyTestDriver) {
  const champion = driver.records('models').findLast(({ value }) => value?.stage === 'champion')?.value
  if (!champion) return undefined
  const artifact = driver
    .records('modelArtifacts')
    .findLast(({ value }) => value?.modelId === champion.modelId)
  const { weights, bias } = linearModelOf(artifact!.value!.bytes, champion.modelId)
  const score = (vector: readonly number[]) =>
    sigmoid(vector.reduce((sum, value, at) => sum + value * weights[at]!, bias))
  return { modelId: champion.modelId, score }
}
