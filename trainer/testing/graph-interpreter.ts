import onnxProto, { type onnx as Onnx } from 'onnx-proto'
import { treesOf } from './tree-interpreter.ts'

export interface Tensor {
  dims: number[]
  data: Float64Array
}

const { FLOAT } = onnxProto.onnx.TensorProto.DataType

/**
 * Computes the trainer's own model files by the definition of each operator (opset 21), in float64: for systems in
 * memory, where no thread of ONNX Runtime may start.
 *
 * @throws when the file uses an operator, a shape or an attribute that no file of the trainer's has
 */
export function interpretGraph(bytes: Uint8Array): (vectors: Float32Array, width: number) => Float32Array {
  const { graph } = onnxProto.onnx.ModelProto.decode(bytes)
  if (!graph?.node || graph.node.length === 0) throw new Error('the file has no graph')
  const constants = new Map((graph.initializer ?? []).map((tensor) => [tensor.name!, tensorOf(tensor)]))
  const steps = graph.node.map((node) => ({ node, run: operatorOf(node) }))
  return (vectors, width) => {
    const input = { dims: [vectors.length / width, width], data: Float64Array.from(vectors) }
    const values = new Map([...constants, ['vectors', input]])
    for (const { node, run } of steps) {
      const inputs = (node.input ?? []).map((name) => {
        const found = values.get(name)
        if (found === undefined) throw new Error(`nothing gives ${name}`)
        return found
      })
      values.set(node.output![0]!, run(...(inputs as [Tensor, Tensor, Tensor])))
    }
    return Float32Array.from(values.get('scores')!.data)
  }
}

/** A constant of the file. */
export function tensorOf({ dims, dataType, rawData, floatData }: Onnx.ITensorProto): Tensor {
  const shape = (dims ?? []).map(Number)
  if (floatData && floatData.length > 0) return { dims: shape, data: Float64Array.from(floatData) }
  const { buffer } = Uint8Array.from(rawData ?? [])
  const data =
    dataType === FLOAT
      ? Float64Array.from(new Float32Array(buffer))
      : Float64Array.from(new BigInt64Array(buffer), Number)
  return { dims: shape, data }
}

type Run = (left: Tensor, right: Tensor, third: Tensor) => Tensor

const OPERATORS: Readonly<Record<string, Run>> = {
  Add: (left, right) => pairwise(left, right, (one, other) => one + other),
  Sub: (left, right) => pairwise(left, right, (one, other) => one - other),
  Mul: (left, right) => pairwise(left, right, (one, other) => one * other),
  GreaterOrEqual: (left, right) => pairwise(left, right, (one, other) => Number(one >= other)),
  Less: (left, right) => pairwise(left, right, (one, other) => Number(one < other)),
  And: (left, right) => pairwise(left, right, (one, other) => one * other),
  Where: where,
  Cast: ({ dims, data }) => ({ dims, data: data.map(Math.trunc) }),
  Sigmoid: ({ dims, data }) => ({ dims, data: data.map((value) => 1 / (1 + Math.exp(-value))) }),
  MatMul: product,
}

function operatorOf(node: Onnx.INodeProto): Run {
  const flagOf = (name: string, unless: number) => Number(attributeOf(node, name)?.i ?? unless) === 1
  if (node.opType === 'Gather') return flagOf('axis', 0) ? gatherColumns : gatherRows
  if (node.opType === 'ReduceSum') return (left, right) => summed(left, right, flagOf('keepdims', 1))
  if (node.opType === 'TreeEnsembleRegressor') return treesOf(node)
  const run = OPERATORS[node.opType ?? '']
  if (run === undefined)
    throw new Error(`no file of the trainer's has ${node.opType ?? 'a node without operator'}`)
  return run
}

const attributeOf = ({ attribute }: Onnx.INodeProto, name: string) =>
  attribute?.find((each) => each.name === name)

/** Broadcast over trailing axes: each axis equal, or 1 on one side. */
function pairwise(left: Tensor, right: Tensor, of: (one: number, other: number) => number): Tensor {
  const rank = Math.max(left.dims.length, right.dims.length)
  const padded = (dims: number[]) => [...Array.from({ length: rank - dims.length }, () => 1), ...dims]
  const [l, r] = [padded(left.dims), padded(right.dims)]
  const dims = l.map((size, axis) => (size === 1 ? r[axis]! : size))
  if (dims.some((size, axis) => r[axis] !== size && r[axis] !== 1))
    throw new Error(`shapes ${l.join(' x ')} and ${r.join(' x ')} do not fit`)
  const placeIn = (own: number[], at: number) => {
    let [place, stride, rest] = [0, 1, at]
    for (let axis = rank - 1; axis >= 0; axis--) {
      place += own[axis] === 1 ? 0 : (rest % dims[axis]!) * stride
      rest = Math.floor(rest / dims[axis]!)
      stride *= own[axis]!
    }
    return place
  }
  const data = new Float64Array(sizeOf(dims))
  for (let at = 0; at < data.length; at++)
    data[at] = of(left.data[placeIn(l, at)]!, right.data[placeIn(r, at)]!)
  return { dims, data }
}

const sizeOf = (dims: readonly number[]) => dims.reduce((size, next) => size * next, 1)

/** The third one is a single number. */
function where(condition: Tensor, { dims, data }: Tensor, { data: [otherwise] }: Tensor): Tensor {
  return { dims, data: data.map((value, at) => (condition.data[at] === 1 ? value : otherwise!)) }
}

function product(
  { dims: [rows, inner], data }: Tensor,
  { dims: [, columns], data: factors }: Tensor,
): Tensor {
  const out = new Float64Array(rows! * columns!)
  for (let row = 0; row < rows!; row++)
    for (let column = 0; column < columns!; column++)
      for (let at = 0; at < inner!; at++)
        out[row * columns! + column]! += data[row * inner! + at]! * factors[at * columns! + column]!
  return { dims: [rows!, columns!], data: out }
}

function gatherColumns({ dims: [rows, width], data }: Tensor, { data: columns }: Tensor): Tensor {
  const out = Array.from({ length: rows! }, (_, row) =>
    Array.from(columns, (column) => data[row * width! + column]!),
  )
  return { dims: [rows!, columns.length], data: Float64Array.from(out.flat()) }
}

function gatherRows({ dims: [count, length = 1], data, dims }: Tensor, places: Tensor): Tensor {
  const out = new Float64Array(places.data.length * length)
  places.data.forEach((place, at) => {
    if (!(place >= 0 && place < count!)) throw new Error(`a Gather beyond its table, at ${String(place)}`)
    out.set(data.subarray(place * length, (place + 1) * length), at * length)
  })
  return { dims: [...places.dims, ...dims.slice(1)], data: out }
}

/** Over the second axis. */
function summed(
  { dims: [rows, middle, inner = 1], dims, data }: Tensor,
  axes: Tensor,
  keeps: boolean,
): Tensor {
  if (axes.data.length !== 1 || axes.data[0] !== 1) throw new Error('only sums over the second axis')
  const out = new Float64Array(rows! * inner)
  for (let at = 0; at < data.length; at++)
    out[Math.floor(at / (middle! * inner)) * inner + (at % inner)]! += data[at]!
  return { dims: [rows!, ...(keeps ? [1] : []), ...dims.slice(2)], data: out }
}
