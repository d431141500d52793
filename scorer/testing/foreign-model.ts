import onnxProto, { type onnx as Onnx } from 'onnx-proto'

const { onnx } = onnxProto
const { FLOAT, INT64 } = onnx.TensorProto.DataType
const { INTS, FLOATS, STRING, STRINGS } = onnx.AttributeProto.AttributeType

export interface ForeignModelOptions {
  weights: readonly number[]
  bias: number
  input?: string
  probabilities?: string
  /** Class labels in the order of the columns; default 0 and 1. */
  classes?: readonly number[] | readonly string[]
  /** As converters write it by default: probabilities as a list of maps. */
  zipMap?: boolean
  /** Whether the file says how many probabilities a row has. */
  saysColumns?: boolean
  /** Rows that the file was written for; default any number. */
  rows?: number
  irVersion?: number
  /** Changes the file before it is written. */
  change?(model: Onnx.IModelProto & { graph: Onnx.IGraphProto & { node: Onnx.INodeProto[] } }): void
}

/** A logistic regression as skl2onnx writes it: LinearClassifier of ai.onnx.ml 1, a predicted class beside probabilities. */
export function writeForeignModel(options: ForeignModelOptions): Uint8Array {
  const { weights, bias, input = 'x', probabilities = 'probabilities', zipMap = false } = options
  const classes = options.classes ?? [0, 1]
  // The probability of each class is of its own row of coefficients.
  const signs = classes.map((label) => (/^(1|true)$/.test(String(label)) ? 1 : -1))
  const labels = (kind: 'classlabels_ints' | 'classlabels_int64s') =>
    typeof classes[0] === 'number'
      ? { name: kind, ints: [...(classes as readonly number[])], type: INTS }
      : {
          name: 'classlabels_strings',
          strings: classes.map((label) => Buffer.from(String(label))),
          type: STRINGS,
        }
  const raw = zipMap ? 'raw_probabilities' : probabilities
  const node: Onnx.INodeProto[] = [
    {
      opType: 'LinearClassifier',
      domain: 'ai.onnx.ml',
      input: [input],
      output: ['label', raw],
      attribute: [
        {
          name: 'coefficients',
          floats: signs.flatMap((sign) => weights.map((one) => sign * one)),
          type: FLOATS,
        },
        { name: 'intercepts', floats: signs.map((sign) => sign * bias), type: FLOATS },
        labels('classlabels_ints'),
        { name: 'post_transform', s: Buffer.from('LOGISTIC'), type: STRING },
      ],
    },
  ]
  if (zipMap)
    node.push({
      opType: 'ZipMap',
      domain: 'ai.onnx.ml',
      input: [raw],
      output: [probabilities],
      attribute: [labels('classlabels_int64s')],
    })
  const rowCount = options.rows === undefined ? { dimParam: 'rows' } : { dimValue: options.rows }
  const tensor = (name: string, elemType: number, ...columns: number[]): Onnx.IValueInfoProto => ({
    name,
    type: {
      tensorType: { elemType, shape: { dim: [rowCount, ...columns.map((dimValue) => ({ dimValue }))] } },
    },
  })
  const mapOf = { mapType: { keyType: INT64, valueType: { tensorType: { elemType: FLOAT } } } }
  const told =
    (options.saysColumns ?? true)
      ? tensor(probabilities, FLOAT, classes.length)
      : {
          name: probabilities,
          type: { tensorType: { elemType: FLOAT } },
        }
  const model = {
    irVersion: options.irVersion ?? 8,
    opsetImport: [{ domain: 'ai.onnx.ml', version: 1 }],
    producerName: 'somebody else',
    graph: {
      name: 'foreign',
      node,
      input: [tensor(input, FLOAT, weights.length)],
      output: [
        tensor('label', typeof classes[0] === 'number' ? INT64 : onnx.TensorProto.DataType.STRING),
        zipMap ? { name: probabilities, type: { sequenceType: { elemType: mapOf } } } : told,
      ],
      initializer: [],
    },
  }
  options.change?.(model)
  return new Uint8Array(onnx.ModelProto.encode(model).finish())
}
