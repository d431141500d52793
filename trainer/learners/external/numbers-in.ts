import onnxProto from 'onnx-proto'

/** How many floating point numbers a model file holds: what was learned, or nearly so. */
export function numbersIn(onnx: Uint8Array): number {
  const { graph } = onnxProto.onnx.ModelProto.decode(onnx)
  const { FLOAT, DOUBLE } = onnxProto.onnx.TensorProto.DataType
  const constants = (graph?.initializer ?? [])
    .filter(({ dataType }) => dataType === FLOAT || dataType === DOUBLE)
    .map(({ dims }) => (dims ?? []).reduce((product: number, size) => product * Number(size), 1))
  const attributes = (graph?.node ?? []).flatMap(({ attribute }) =>
    (attribute ?? []).map(({ floats }) => floats?.length ?? 0),
  )
  return [...constants, ...attributes].reduce((sum, count) => sum + count, 0)
}
