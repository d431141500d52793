import onnxProto, { type onnx as Onnx } from 'onnx-proto'
import type { GraphAnswer } from './graph-answer.ts'
import type { GraphInput } from './graph-input.ts'

const { onnx } = onnxProto
const { FLOAT, INT64 } = onnx.TensorProto.DataType
const { INT, TENSOR } = onnx.AttributeProto.AttributeType

/** From the input of scorers to that of the file. */
export function entryNodes(
  { name, elemType }: GraphInput,
  { input, columns }: { input: string; columns?: readonly number[] | undefined },
): Onnx.INodeProto[] {
  const picked = columns === undefined ? [] : [picking(columns)]
  return chain(input, name, elemType === FLOAT ? picked : [...picked, casting(elemType)])
}

/** From the answer of the file to the output of scorers. */
export function exitNodes(
  { tensor, elemType, column }: GraphAnswer,
  { output }: { output: string },
): Onnx.INodeProto[] {
  const one = column === undefined ? FLATTEN : picking([column])
  return chain(tensor, output, elemType === FLOAT ? [one] : [one, casting(FLOAT)])
}

/** A tensor of float32 with any number of rows. */
export function rowsOf(name: string, columns: number): Onnx.IValueInfoProto {
  const shape = { dim: [{ dimParam: 'N' }, { dimValue: columns }] }
  return { name, type: { tensorType: { elemType: FLOAT, shape } } }
}

type Step = Pick<Onnx.INodeProto, 'opType' | 'attribute'> & { places?: readonly number[] }

const intOf = (name: string, i: number) => ({ name, i, type: INT })
/** [N] and [N, 1] become [N, 1]. */
const FLATTEN: Step = { opType: 'Flatten', attribute: [intOf('axis', 1)] }
const IDENTITY: Step = { opType: 'Identity' }
const casting = (to: number): Step => ({ opType: 'Cast', attribute: [intOf('to', to)] })
/** These columns, in this order. */
const picking = (places: readonly number[]): Step => ({
  opType: 'Gather',
  attribute: [intOf('axis', 1)],
  places,
})

function chain(from: string, to: string, wanted: readonly Step[]): Onnx.INodeProto[] {
  const steps = wanted.length > 0 ? wanted : from === to ? [] : [IDENTITY]
  const between = (at: number) => `${from}/${to}/${String(at)}`
  return steps.flatMap(({ places, ...step }, at) => {
    const source = at === 0 ? from : between(at)
    const node = { ...step, input: [source], output: [at === steps.length - 1 ? to : between(at + 1)] }
    if (places === undefined) return [node]
    const t = { dataType: INT64, dims: [places.length], int64Data: [...places] }
    const name = `${between(at)}/places`
    const constant = { opType: 'Constant', attribute: [{ name: 'value', t, type: TENSOR }], output: [name] }
    return [constant, { ...node, input: [source, name] }]
  })
}
