import onnxProto, { type onnx as Onnx } from 'onnx-proto'
import { encodeModel, ONNX_INPUT, ONNX_OUTPUT } from './model-file.ts'

/** What adds to the log-odds of a row, as a piece of a graph. */
export interface LogitTerm {
  node: Onnx.INodeProto[]
  initializer: Onnx.ITensorProto[]
  /** [N, 1], or [1]: the same for all rows. */
  output: string
  /** It has nodes of the domain ai.onnx.ml. */
  usesMl?: true
}

// A CommonJS package: Node finds nothing but its default export.
const { FLOAT, INT64 } = onnxProto.onnx.TensorProto.DataType
const { INT } = onnxProto.onnx.AttributeProto.AttributeType

/** Sigmoid(the sum of the terms) as an ONNX file. The same terms give the same bytes. */
export function encodeLogits(name: string, width: number, terms: readonly LogitTerm[]): Uint8Array {
  const sums = terms.slice(1).map(({ output }, at): Onnx.INodeProto => ({
    opType: 'Add',
    input: [at === 0 ? terms[0]!.output : `sum_${String(at)}`, output],
    output: [`sum_${String(at + 1)}`],
  }))
  const logit = sums.at(-1)?.output?.[0] ?? terms[0]!.output
  const usesMl = terms.some((term) => term.usesMl === true)
  return encodeModel({
    ...{ name, width },
    node: [
      ...terms.flatMap(({ node }) => node),
      ...sums,
      { opType: 'Sigmoid', input: [logit], output: [ONNX_OUTPUT] },
    ],
    initializer: terms.flatMap(({ initializer }) => initializer),
    ...(usesMl ? { usesMl: true as const } : {}),
  })
}

export const floats = (name: string, dims: number[], values: ArrayLike<number>): Onnx.ITensorProto => ({
  name,
  dims,
  dataType: FLOAT,
  rawData: bytesOf(Float32Array.from(values)),
})

export const integers = (name: string, values: readonly number[]): Onnx.ITensorProto => ({
  name,
  dims: [values.length],
  dataType: INT64,
  rawData: bytesOf(BigInt64Array.from(values, BigInt)),
})

export const integerAttribute = (name: string, value: number): Onnx.IAttributeProto => ({
  name,
  type: INT,
  i: value,
})

/** Raw data is little-endian, as every machine that runs Node is. */
const bytesOf = ({ buffer }: Float32Array | BigInt64Array) => new Uint8Array(buffer)

/** Columns [N, columns] of the vectors. */
export function columnsPicked(
  columns: readonly number[],
  output: string,
): Pick<LogitTerm, 'node' | 'initializer'> {
  const picks = `${output}_columns`
  return {
    node: [
      {
        opType: 'Gather',
        input: [ONNX_INPUT, picks],
        output: [output],
        attribute: [integerAttribute('axis', 1)],
      },
    ],
    initializer: [integers(picks, columns)],
  }
}
