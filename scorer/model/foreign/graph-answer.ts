import onnxProto, { type onnx as Onnx } from 'onnx-proto'
import { ModelRefusedError } from '../errors.ts'

const { FLOAT, DOUBLE } = onnxProto.onnx.TensorProto.DataType

/** Where in a graph the probability of a positive is. */
export interface GraphAnswer {
  tensor: string
  elemType: number
  /** Its column; undefined: it is one number a row. */
  column: number | undefined
}

/**
 * The probability among what a graph answers: probabilities of two classes, as a tensor or behind a ZipMap, or one number a
 * row. A predicted class beside it is left aside.
 *
 * @param wanted name of the output to take; left out: the only one that can be it, or that has `prob` in its name
 * @throws ModelRefusedError `output_differs`
 */
export function answerOf(graph: Onnx.IGraphProto, wanted?: string): GraphAnswer {
  const output = outputOf(graph, wanted)
  const classes = classesOf(graph)
  const zipMap = zipMapBehind(graph, output)
  if (zipMap !== undefined)
    return {
      tensor: zipMap.input?.[0] ?? '',
      elemType: FLOAT,
      column: positiveAt(labelsOf(zipMap) ?? classes),
    }
  const { elemType = FLOAT, shape } = output.type?.tensorType ?? {}
  const tensor = { tensor: output.name ?? '', elemType: elemType ?? FLOAT }
  const columns = columnsOf(shape)
  const isOneNumber = columns === 1 || (columns === undefined && classes === undefined)
  if (isOneNumber && classes?.length !== 1) return { ...tensor, column: undefined }
  if (columns === undefined || columns === classes?.length || columns === 2)
    return { ...tensor, column: positiveAt(classes ?? [0, 1]) }
  throw refused(`answers ${String(columns)} numbers a row in ${tensor.tensor}, not a probability`)
}

function outputOf(graph: Onnx.IGraphProto, wanted: string | undefined): Onnx.IValueInfoProto {
  const outputs = graph.output ?? []
  const all = outputs.map(({ name }) => name).join(', ')
  if (wanted !== undefined) {
    const named = outputs.find(({ name }) => name === wanted)
    if (named !== undefined) return named
    throw refused(`answers ${all}, and not ${wanted}`)
  }
  const able = outputs.filter((output) => isFloats(output) || zipMapBehind(graph, output) !== undefined)
  if (able.length === 1) return able[0]!
  const named = able.filter(({ name }) => /prob/i.test(name ?? ''))
  if (named.length === 1) return named[0]!
  if (able.length === 0) throw refused(`answers ${all || 'nothing'}, of which nothing is a probability`)
  throw refused(`answers ${all}: name the one with the probability as \`output\``)
}

function isFloats({ type }: Onnx.IValueInfoProto): boolean {
  return type?.tensorType?.elemType === FLOAT || type?.tensorType?.elemType === DOUBLE
}

/** A ZipMap makes a list of maps of a tensor, which no scorer can fetch. */
function zipMapBehind(graph: Onnx.IGraphProto, output: Onnx.IValueInfoProto): Onnx.INodeProto | undefined {
  const node = graph.node?.find(({ output: names }) => names?.includes(output.name ?? ''))
  return node?.opType === 'ZipMap' ? node : undefined
}

/** Numbers a row; undefined: the file does not say. */
function columnsOf(shape: Onnx.ITensorShapeProto | null | undefined): number | undefined {
  const dims = shape?.dim ?? []
  if (dims.length === 1) return 1
  const last = dims[1]?.dimValue
  return dims.length !== 2 || last === undefined || last === null || Number(last) === 0
    ? undefined
    : Number(last)
}

type ClassLabel = number | string

/** Classes of the last classifier in the graph. */
function classesOf(graph: Onnx.IGraphProto): ClassLabel[] | undefined {
  return (graph.node ?? []).map(labelsOf).findLast((labels) => labels !== undefined)
}

function labelsOf({ attribute }: Onnx.INodeProto): ClassLabel[] | undefined {
  for (const { name, ints, strings } of attribute ?? []) {
    if (/^classlabels_(ints|int64s)$/.test(name ?? '') && ints?.length) return ints.map(Number)
    if (name === 'classlabels_strings' && strings?.length)
      return strings.map((text) => Buffer.from(text).toString('utf8'))
  }
  return undefined
}

const POSITIVE = /^(1|1\.0|true|yes)$/i

function positiveAt(labels: readonly ClassLabel[] = [0, 1]): number {
  const at = labels.findIndex((label) => POSITIVE.test(String(label)))
  if (labels.length === 2 && at >= 0) return at
  throw refused(
    `tells classes ${labels.slice(0, 10).join(', ')}${labels.length > 10 ? ', ...' : ''}; a label is 0 or 1: train it on both`,
  )
}

const refused = (what: string) => new ModelRefusedError('output_differs', `the file ${what}`)
