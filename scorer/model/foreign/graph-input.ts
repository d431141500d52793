import onnxProto, { type onnx as Onnx } from 'onnx-proto'
import { ModelRefusedError } from '../errors.ts'

const { FLOAT, DOUBLE } = onnxProto.onnx.TensorProto.DataType

/** What a graph takes: rows of floats. */
export interface GraphInput {
  name: string
  elemType: number
  /** Of rows; otherwise the file was written for one number of them. */
  isAnyNumber: boolean
}

/**
 * The one input of a graph, which takes `columns` floats a row.
 *
 * @throws ModelRefusedError `input_differs`
 */
export function inputOf(graph: Onnx.IGraphProto, columns: number): GraphInput {
  const constants = new Set(graph.initializer?.map(({ name }) => name))
  const inputs = (graph.input ?? []).filter(({ name }) => !constants.has(name))
  const [input] = inputs
  const { elemType, shape } = input?.type?.tensorType ?? {}
  const dims = shape?.dim ?? []
  const isFit =
    inputs.length === 1 &&
    (elemType === FLOAT || elemType === DOUBLE) &&
    (dims.length === 2 || dims.length === 0) &&
    [0, columns].includes(sizeOf(dims[1]))
  if (isFit)
    return { name: input?.name ?? '', elemType, isAnyNumber: sizeOf(dims[0]) === 0 && dims.length === 2 }
  throw new ModelRefusedError(
    'input_differs',
    `the file takes ${listed(inputs)}, and must take one input of ${String(columns)} float columns in the order of the features`,
  )
}

/** 0: any. */
function sizeOf(dim: Onnx.TensorShapeProto.IDimension | undefined): number {
  return Number(dim?.dimValue ?? 0)
}

function listed(inputs: readonly Onnx.IValueInfoProto[]): string {
  const shown = inputs.slice(0, 5).map(({ name, type }) => {
    const dims = (type?.tensorType?.shape?.dim ?? []).map(
      (dim) => dim.dimParam || (sizeOf(dim) === 0 ? 'N' : String(sizeOf(dim))),
    )
    return `${name ?? ''}[${dims.join(',')}]`
  })
  const more = inputs.length > shown.length ? ` and ${String(inputs.length - shown.length)} more` : ''
  return `${shown.join(', ') || 'nothing'}${more}`
}
