import onnxProto, { type onnx as Onnx } from 'onnx-proto'

/** Names and shapes that scorers rely on: `vectors` [N, width] float32 in, `scores` [N, 1] float32 out. */
export const ONNX_INPUT = 'vectors'
export const ONNX_OUTPUT = 'scores'

// A CommonJS package: Node finds nothing but its default export.
const { onnx } = onnxProto
export const { FLOAT } = onnx.TensorProto.DataType
const IR_VERSION = 10
const OPSET = 21
/** Trees and other classic models; the version that ONNX Runtime is tested with. */
const ML_OPSET = 3

export interface ModelGraph {
  name: string
  /** Columns of `vectors`. */
  width: number
  node: Onnx.INodeProto[]
  initializer: Onnx.ITensorProto[]
  /** The graph has nodes of the domain ai.onnx.ml. */
  usesMl?: true
}

/**
 * A graph from `vectors` to `scores` as an ONNX file. The same graph gives the same bytes.
 *
 * @see https://onnx.ai/onnx/operators/ (opset 21), https://github.com/onnx/onnx/blob/main/docs/IR.md (IR 10)
 */
export function encodeModel({ name, width, node, initializer, usesMl }: ModelGraph): Uint8Array {
  const ml = usesMl === undefined ? [] : [{ domain: 'ai.onnx.ml', version: ML_OPSET }]
  const graph = {
    name,
    node,
    input: [rowsOf(ONNX_INPUT, width)],
    output: [rowsOf(ONNX_OUTPUT, 1)],
    initializer,
  }
  const opsetImport = [{ domain: '', version: OPSET }, ...ml]
  const file = onnx.ModelProto.encode({ irVersion: IR_VERSION, opsetImport, producerName: 'feedloop', graph })
  return new Uint8Array(file.finish())
}

function rowsOf(name: string, columns: number): Onnx.IValueInfoProto {
  const shape = { dim: [{ dimParam: 'N' }, { dimValue: columns }] }
  return { name, type: { tensorType: { elemType: FLOAT, shape } } }
}
