import onnxProto, { type onnx as Onnx } from 'onnx-proto'
import { type LinearModel, sigmoid } from './learners/learner.ts'

/** Names and shapes that scorers rely on: `vectors` [N, width] float32 in, `scores` [N, 1] float32 out. */
export const ONNX_INPUT = 'vectors'
export const ONNX_OUTPUT = 'scores'

// A CommonJS package: Node finds nothing but its default export.
const { onnx } = onnxProto
const { FLOAT } = onnx.TensorProto.DataType
const IR_VERSION = 10
const OPSET = 21

/**
 * Sigmoid(vectors x weights + bias) as an ONNX file: MatMul, Add, Sigmoid. The same model gives the same bytes.
 * Weights become float32.
 *
 * @see https://onnx.ai/onnx/operators/ (opset 21), https://github.com/onnx/onnx/blob/main/docs/IR.md (IR 10)
 */
export function exportOnnx({ weights, bias }: LinearModel, graphName: string): Uint8Array {
  const width = weights.length
  const file = onnx.ModelProto.encode({
    irVersion: IR_VERSION,
    opsetImport: [{ domain: '', version: OPSET }],
    producerName: 'feedloop',
    graph: {
      name: graphName,
      node: [
        { name: 'product', opType: 'MatMul', input: [ONNX_INPUT, 'weights'], output: ['product'] },
        { name: 'logit', opType: 'Add', input: ['product', 'bias'], output: ['logit'] },
        { name: 'score', opType: 'Sigmoid', input: ['logit'], output: [ONNX_OUTPUT] },
      ],
      input: [rowsOf(ONNX_INPUT, width)],
      output: [rowsOf(ONNX_OUTPUT, 1)],
      initializer: [
        { name: 'weights', dataType: FLOAT, dims: [width, 1], floatData: Array.from(weights) },
        { name: 'bias', dataType: FLOAT, dims: [1], floatData: [bias] },
      ],
    },
  }).finish()
  return new Uint8Array(file)
}

/** What the file must answer: products of float32 numbers, summed in float64, rounded to float32 at the end. */
export function scoresOf({ weights, bias }: LinearModel, vectors: Float32Array): Float32Array {
  const width = weights.length
  return Float32Array.from({ length: vectors.length / width }, (_, row) => {
    let logit = Math.fround(bias)
    for (let column = 0; column < width; column++) {
      logit += vectors[row * width + column]! * Math.fround(weights[column]!)
    }
    return sigmoid(logit)
  })
}

function rowsOf(name: string, columns: number): Onnx.IValueInfoProto {
  const shape = { dim: [{ dimParam: 'N' }, { dimValue: columns }] }
  return { name, type: { tensorType: { elemType: FLOAT, shape } } }
}
