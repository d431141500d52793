import { type ModelFacts, sigmoid, type TrainedModel } from '../learners/learner.ts'
import { bucketRows, bucketSum, summedColumns, type TableRows } from './bucket-rows.ts'
import { columnsPicked, encodeLogits, floats, type LogitTerm } from './logit-terms.ts'
import { ONNX_INPUT } from './model-file.ts'

/** What a linear learner knows: probability = sigmoid(vector x weights + weights of the buckets + bias). */
export interface LinearModel {
  /** One per vector column; that of a column of buckets is not used. */
  weights: Float64Array
  bias: number
  /** A weight per bucket. Left out: all columns are quantities. */
  tables?: readonly TableRows[]
}

/** A linear model as learners hand it over. */
export function linearTrainedModel(model: LinearModel, graphName: string, facts: ModelFacts): TrainedModel {
  return {
    onnx: exportLinearModel(model, graphName),
    scoresOf: (vectors) => linearScores(model, vectors),
    facts,
  }
}

/**
 * Sigmoid(vectors x weights + rows of the buckets + bias) as an ONNX file: MatMul, Gather, Add, Sigmoid. The same model
 * gives the same bytes. Weights become float32.
 */
export function exportLinearModel(model: LinearModel, graphName: string): Uint8Array {
  return encodeLogits(graphName, model.weights.length, linearTerms(model))
}

/** The terms of a linear model. Columns of buckets are no factors of the product, whatever is in them. */
export function linearTerms({ weights, bias, tables = [] }: LinearModel): LogitTerm[] {
  if (tables.length === 0) return [productTerm(ONNX_INPUT, weights), biasTerm(bias)]
  const quantities = quantitiesOf(weights.length, tables)
  const picked = columnsPicked(quantities, 'quantities')
  const product = productTerm(
    'quantities',
    quantities.map((column) => weights[column]!),
  )
  return [
    ...(quantities.length === 0
      ? []
      : [
          {
            ...product,
            node: [...picked.node, ...product.node],
            initializer: [...picked.initializer, ...product.initializer],
          },
        ]),
    bucketTerm(tables),
    biasTerm(bias),
  ]
}

/** The sum of the weights of buckets, [N, 1]. */
export const bucketTerm = (tables: readonly TableRows[]): LogitTerm =>
  summedColumns(bucketRows(tables, { output: 'bucket_weights' }), 'bucket_sum')

export const biasTerm = (bias: number): LogitTerm => ({
  node: [],
  initializer: [floats('bias', [1], [bias])],
  output: 'bias',
})

const productTerm = (input: string, weights: ArrayLike<number>): LogitTerm => ({
  node: [{ opType: 'MatMul', input: [input, 'weights'], output: ['product'] }],
  initializer: [floats('weights', [weights.length, 1], weights)],
  output: 'product',
})

/** Columns that are no columns of buckets. */
export function quantitiesOf(width: number, tables: readonly Pick<TableRows, 'columns'>[]): number[] {
  const named = new Set(tables.flatMap(({ columns }) => columns))
  return Array.from({ length: width }, (_, column) => column).filter((column) => !named.has(column))
}

/** What the file must answer: products of float32 numbers, summed in float64, rounded to float32 at the end. */
export function linearScores(model: LinearModel, vectors: Float32Array): Float32Array {
  const logitOf = linearLogitOf(model)
  return Float32Array.from({ length: vectors.length / model.weights.length }, (_, row) =>
    sigmoid(logitOf(vectors, row)),
  )
}

/** The log-odds of each row. */
export function linearLogitOf(model: LinearModel): (vectors: Float32Array, row: number) => number {
  const { weights, tables = [] } = model
  const width = weights.length
  const quantities = quantitiesOf(width, tables)
  const factors = Float32Array.from(quantities, (column) => weights[column]!)
  const bias = Math.fround(model.bias)
  return (vectors, row) => {
    const first = row * width
    let logit = bias
    for (let at = 0; at < quantities.length; at++) logit += vectors[first + quantities[at]!]! * factors[at]!
    return logit + bucketSum(tables, vectors, first)
  }
}
