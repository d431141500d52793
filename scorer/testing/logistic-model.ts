import { createHash } from 'node:crypto'
// CommonJS: Node sees no named export of it, vitest does.
import onnxProto, { type onnx as Onnx } from 'onnx-proto'
import { calibrationIdOf, IDENTITY_CALIBRATION, type ModelManifest } from '#schemas'
import { goldenOf } from '../model/golden.ts'

export interface LogisticModelOptions {
  modelId: string
  featureSetId: string
  featureNames: readonly string[]
  weights: readonly number[]
  bias: number
  input?: string
  output?: string
  label?: string
  /** Left out, the file ends in the plain sum: an answer outside 0..1. */
  sigmoid?: boolean
}

/** Sigmoid(vectors x weights + bias) as an ONNX file (MatMul, Add, Sigmoid; opset 21, IR 10) with its manifest. */
export function writeLogisticModel(options: LogisticModelOptions): {
  onnx: Uint8Array
  manifest: ModelManifest
} {
  const {
    modelId,
    featureSetId,
    featureNames,
    weights,
    bias,
    input = 'vectors',
    output = 'scores',
    sigmoid = true,
  } = options
  const width = weights.length
  const sum = sigmoid ? 'sum' : output
  const nodes = [
    { opType: 'MatMul', input: [input, 'weights'], output: ['product'] },
    { opType: 'Add', input: ['product', 'bias'], output: [sum] },
    ...(sigmoid ? [{ opType: 'Sigmoid', input: [sum], output: [output] }] : []),
  ]
  const file = onnxProto.onnx.ModelProto.encode({
    irVersion: 10,
    opsetImport: [{ domain: '', version: 21 }],
    producerName: 'feedloop',
    graph: {
      name: modelId,
      node: nodes,
      input: [tensorOf(input, width)],
      output: [tensorOf(output, 1)],
      initializer: [
        { name: 'weights', dataType: FLOAT, dims: [width, 1], floatData: [...weights] },
        { name: 'bias', dataType: FLOAT, dims: [1], floatData: [bias] },
      ],
    },
  }).finish()
  const golden = goldenRows(width)
  const manifest: ModelManifest = {
    formatVersion: 2,
    modelId,
    learner: 'fixture',
    label: options.label ?? 'click',
    featureSetId,
    featureNames: [...featureNames],
    input,
    output,
    width,
    onnxSha256: createHash('sha256').update(file).digest('hex'),
    onnxBytes: file.byteLength,
    calibration: IDENTITY_CALIBRATION,
    calibrationId: calibrationIdOf(IDENTITY_CALIBRATION),
    golden: goldenOf(golden, logisticScores(golden, weights, bias), 1e-5),
    trainedOn: { examples: 0, fromMs: 0, toMs: 0 },
    metrics: {},
    createdAtMs: 0,
  }
  return { onnx: new Uint8Array(file), manifest }
}

/** What the file must answer, in plain JavaScript. */
export function logisticScores(
  vectors: Float32Array,
  weights: readonly number[],
  bias: number,
): Float32Array {
  const width = weights.length
  const scores = new Float32Array(vectors.length / width)
  for (let row = 0; row < scores.length; row++) {
    let sum = Math.fround(bias)
    for (let column = 0; column < width; column++) {
      sum += (vectors[row * width + column] ?? NaN) * Math.fround(weights[column] ?? NaN)
    }
    scores[row] = 1 / (1 + Math.exp(-sum))
  }
  return scores
}

const FLOAT = onnxProto.onnx.TensorProto.DataType.FLOAT

function tensorOf(name: string, columns: number): Onnx.IValueInfoProto {
  return {
    name,
    type: { tensorType: { elemType: FLOAT, shape: { dim: [{ dimParam: 'N' }, { dimValue: columns }] } } },
  }
}

function goldenRows(width: number): Float32Array {
  return Float32Array.from({ length: 3 * width }, (_, at) => ((at * 7) % 11) / 5 - 1)
}
