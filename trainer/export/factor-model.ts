import { type ModelFacts, sigmoid, type TrainedModel } from '../learners/learner.ts'
import { bucketNumber, bucketRows, type TableRows } from './bucket-rows.ts'
import { linearLogitOf, linearTerms, type LinearModel } from './linear-model.ts'
import {
  columnsPicked,
  encodeLogits,
  floats,
  integerAttribute,
  integers,
  type LogitTerm,
} from './logit-terms.ts'

/** What a factorisation machine knows: a linear model, and a vector of factors per column of quantities and bucket. */
export interface FactorModel {
  linear: LinearModel
  /** Length of each vector of factors. */
  factors: number
  quantities: readonly { column: number; row: Float32Array }[]
  /** `factors` numbers per bucket. */
  tables: readonly TableRows[]
}

/** A factorisation machine as learners hand it over. */
export function factorTrainedModel(model: FactorModel, graphName: string, facts: ModelFacts): TrainedModel {
  return {
    onnx: exportFactorModel(model, graphName),
    scoresOf: (vectors) => factorScores(model, vectors),
    facts,
  }
}

/** The file: MatMul and Gather give sums of factors and of their squares; half of their difference adds to a linear model. */
export function exportFactorModel(model: FactorModel, graphName: string): Uint8Array {
  const { linear, quantities, tables } = model
  const pieces = [
    ...(quantities.length > 0 ? [quantitySums(model)] : []),
    ...(tables.length > 0 ? [bucketSums(model)] : []),
  ]
  return encodeLogits(graphName, linear.weights.length, [...linearTerms(linear), pairTerm(pieces)])
}

/** Names of [N, factors]: sums of factors times values, and of the squares of that. */
interface FactorSums extends Pick<LogitTerm, 'node' | 'initializer'> {
  sums: string
  squares: string
}

function quantitySums({ quantities, factors }: FactorModel): FactorSums {
  const columns = quantities.map(({ column }) => column)
  const rows = quantities.flatMap(({ row }) => [...row])
  const picked = columnsPicked(columns, 'factor_quantities')
  return {
    sums: 'quantity_sums',
    squares: 'quantity_squares',
    node: [
      ...picked.node,
      { opType: 'MatMul', input: ['factor_quantities', 'factors'], output: ['quantity_sums'] },
      { opType: 'Mul', input: ['factor_quantities', 'factor_quantities'], output: ['squared_quantities'] },
      { opType: 'MatMul', input: ['squared_quantities', 'squared_factors'], output: ['quantity_squares'] },
    ],
    initializer: [
      ...picked.initializer,
      floats('factors', [columns.length, factors], rows),
      floats(
        'squared_factors',
        [columns.length, factors],
        rows.map((value) => value * value),
      ),
    ],
  }
}

function bucketSums({ tables, factors }: FactorModel): FactorSums {
  const found = bucketRows(tables, { output: 'bucket_factors', rowLength: factors })
  const summed = (input: string, output: string) => ({
    opType: 'ReduceSum',
    input: [input, 'bucket_axes'],
    output: [output],
    attribute: [integerAttribute('keepdims', 0)],
  })
  return {
    sums: 'bucket_sums',
    squares: 'bucket_squares',
    node: [
      ...found.node,
      { opType: 'Mul', input: [found.output, found.output], output: ['squared_bucket_factors'] },
      summed(found.output, 'bucket_sums'),
      summed('squared_bucket_factors', 'bucket_squares'),
    ],
    initializer: [...found.initializer, integers('bucket_axes', [1])],
  }
}

/** Half of the sum over the factors of squared sums less sums of squares, [N, 1]. */
function pairTerm([first, second]: readonly FactorSums[]): LogitTerm {
  const both = (one: string, other: string | undefined, output: string) =>
    other === undefined ? [] : [{ opType: 'Add', input: [one, other], output: [output] }]
  const [sums, squares] = second === undefined ? [first!.sums, first!.squares] : ['all_sums', 'all_squares']
  return {
    output: 'pairs',
    node: [
      ...first!.node,
      ...(second?.node ?? []),
      ...both(first!.sums, second?.sums, sums),
      ...both(first!.squares, second?.squares, squares),
      { opType: 'Mul', input: [sums, sums], output: ['squared_sums'] },
      { opType: 'Sub', input: ['squared_sums', squares], output: ['twice_pairs'] },
      { opType: 'ReduceSum', input: ['twice_pairs', 'pair_axes'], output: ['twice_pair_sum'] },
      { opType: 'Mul', input: ['twice_pair_sum', 'half'], output: ['pairs'] },
    ],
    initializer: [
      ...first!.initializer,
      ...(second?.initializer ?? []),
      integers('pair_axes', [1]),
      floats('half', [1], [0.5]),
    ],
  }
}

/** What the file must answer. */
export function factorScores(model: FactorModel, vectors: Float32Array): Float32Array {
  const { linear, factors, quantities, tables } = model
  const width = linear.weights.length
  const linearOf = linearLogitOf(linear)
  const sums = new Float64Array(factors)
  return Float32Array.from({ length: vectors.length / width }, (_, row) => {
    const first = row * width
    sums.fill(0)
    let own = 0
    const add = (rows: Float32Array, from: number, value: number) => {
      for (let factor = 0; factor < factors; factor++) {
        const part = rows[from + factor]! * value
        sums[factor]! += part
        own += part * part
      }
    }
    for (const { column, row: of } of quantities) add(of, 0, vectors[first + column]!)
    for (const { columns, rows } of tables)
      for (const column of columns)
        add(rows, factors * bucketNumber(vectors[first + column]!, rows.length / factors), 1)
    const pairs = (sums.reduce((all, sum) => all + sum * sum, 0) - own) / 2
    return sigmoid(linearOf(vectors, row) + pairs)
  })
}
