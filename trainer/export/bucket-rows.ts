import onnxProto from 'onnx-proto'
import { columnsPicked, floats, integerAttribute, integers, type LogitTerm } from './logit-terms.ts'

/** What is known of each bucket, for the columns that name one. */
export interface TableRows {
  readonly columns: readonly number[]
  /** float32, so many for each bucket, one bucket after another; those of bucket 0, none, are 0. */
  readonly rows: Float32Array
}

const { INT64 } = onnxProto.onnx.TensorProto.DataType

/** Number of a bucket as every model file reads it: what is no number of one is 0, none. */
export const bucketNumber = (value: number, range: number): number =>
  value >= 0 && value < range ? Math.trunc(value) : 0

/**
 * The rows of the buckets that a vector names, [N, columns] or [N, columns, rowLength], as a piece of a graph. What is no
 * number of a bucket (NaN, below 0, too large) gets the row of none: a Gather beyond its table fails, one below 0 counts
 * from the end.
 *
 * @see https://onnx.ai/onnx/operators/onnx__Gather.html (version 13)
 */
export function bucketRows(
  tables: readonly TableRows[],
  { output, rowLength = 1 }: { output: string; rowLength?: number },
): LogitTerm {
  const named: { column: number; range: number; offset: number }[] = []
  let offset = 0
  for (const { columns, rows } of tables) {
    const range = rows.length / rowLength
    for (const column of columns) named.push({ column, range, offset })
    offset += range
  }
  const all = new Float32Array(offset * rowLength)
  let at = 0
  for (const { rows } of tables) {
    all.set(rows, at)
    at += rows.length
  }
  const of = (name: string) => `${output}_${name}`
  const picked = columnsPicked(
    named.map(({ column }) => column),
    of('numbers'),
  )
  return {
    output,
    node: [
      ...picked.node,
      { opType: 'GreaterOrEqual', input: [of('numbers'), of('none')], output: [of('not_below')] },
      { opType: 'Less', input: [of('numbers'), of('ranges')], output: [of('not_above')] },
      { opType: 'And', input: [of('not_below'), of('not_above')], output: [of('known')] },
      { opType: 'Where', input: [of('known'), of('numbers'), of('none')], output: [of('guarded')] },
      {
        opType: 'Cast',
        input: [of('guarded')],
        output: [of('buckets')],
        attribute: [integerAttribute('to', INT64)],
      },
      { opType: 'Add', input: [of('buckets'), of('offsets')], output: [of('places')] },
      { opType: 'Gather', input: [of('table'), of('places')], output: [output] },
    ],
    initializer: [
      ...picked.initializer,
      floats(of('none'), [1], [0]),
      floats(
        of('ranges'),
        [named.length],
        named.map(({ range }) => range),
      ),
      integers(
        of('offsets'),
        named.map((each) => each.offset),
      ),
      floats(of('table'), rowLength === 1 ? [offset] : [offset, rowLength], all),
    ],
  }
}

/** The sum of the weights of the buckets that a vector names, where a table has a weight for each. */
export function bucketSum(tables: readonly TableRows[], vectors: ArrayLike<number>, from: number): number {
  let sum = 0
  for (const { columns, rows } of tables)
    for (const column of columns) sum += rows[bucketNumber(vectors[from + column]!, rows.length)]!
  return sum
}

/** The sum over all columns but the first axis: [N, 1]. */
export function summedColumns(term: LogitTerm, output: string): LogitTerm {
  const axes = `${output}_axes`
  return {
    ...term,
    output,
    node: [...term.node, { opType: 'ReduceSum', input: [term.output, axes], output: [output] }],
    initializer: [...term.initializer, integers(axes, [1])],
  }
}
