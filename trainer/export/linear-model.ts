import { type ModelFacts, sigmoid, type TrainedModel } from '../learners/learner.ts'
import { encodeModel, FLOAT, ONNX_INPUT, ONNX_OUTPUT } from './model-file.ts'

/** What a linear learner knows: probability = sigmoid(vector x weights + bias). */
export interface LinearModel {
  /** One per vector column. */
  weights: Float64Array
  bias: number
}

/** A linear model as learners hand it over. */
export function linearTrainedModel(model: LinearModel, graphName: string, facts: ModelFacts): TrainedModel {
  return {
    onnx: exportLinearModel(model, graphName),
    scoresOf: (vectors) => linearScores(model, vectors),
    facts,
  }
}

/**
 * Sigmoid(vectors x weights + bias) as an ONNX file: MatMul, Add, Sigmoid. The same model gives the same bytes.
 * Weights become float32.
 */
export function exportLinearModel({ weights, bias }: LinearModel, graphName: string): Uint8Array {
  const width = weights.length
  return encodeModel({
    name: graphName,
    width,
    node: [
      { name: 'product', opType: 'MatMul', input: [ONNX_INPUT, 'weights'], output: ['product'] },
      { name: 'logit', opType: 'Add', input: ['product', 'bias'], output: ['logit'] },
      { name: 'score', opType: 'Sigmoid', input: ['logit'], output: [ONNX_OUTPUT] },
    ],
    initializer: [
      { name: 'weights', dataType: FLOAT, dims: [width, 1], floatData: Array.from(weights) },
      { name: 'bias', dataType: FLOAT, dims: [1], floatData: [bias] },
    ],
  })
}

/** What the file must answer: products of float32 numbers, summed in float64, rounded to float32 at the end. */
export function linearScores({ weights, bias }: LinearModel, vectors: Float32Array): Float32Array {
  const width = weights.length
  return Float32Array.from({ length: vectors.length / width }, (_, row) => {
    let logit = Math.fround(bias)
    for (let column = 0; column < width; column++) {
      logit += vectors[row * width + column]! * Math.fround(weights[column]!)
    }
    return sigmoid(logit)
  })
}
