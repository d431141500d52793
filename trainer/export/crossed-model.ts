import { type ModelFacts, sigmoid, type TrainedModel } from '../learners/learner.ts'
import { exportLinearModel, type LinearModel, linearLogitOf, linearTerms } from './linear-model.ts'
import { columnsPicked, encodeLogits, floats, type LogitTerm } from './logit-terms.ts'

/** A linear model, and weights of products of two columns. */
export interface CrossedModel {
  linear: LinearModel
  crosses: readonly { columns: readonly [first: number, second: number]; weight: number }[]
}

/** A model with crosses as learners hand it over; without any it is a linear one. */
export function crossedTrainedModel(model: CrossedModel, graphName: string, facts: ModelFacts): TrainedModel {
  return {
    onnx: exportCrossedModel(model, graphName),
    scoresOf: (vectors) => crossedScores(model, vectors),
    facts,
  }
}

/** The file: two Gathers and their product times the weights, added to a linear model. */
export function exportCrossedModel({ linear, crosses }: CrossedModel, graphName: string): Uint8Array {
  if (crosses.length === 0) return exportLinearModel(linear, graphName)
  return encodeLogits(graphName, linear.weights.length, [...linearTerms(linear), crossTerm(crosses)])
}

function crossTerm(crosses: CrossedModel['crosses']): LogitTerm {
  const firsts = columnsPicked(
    crosses.map(({ columns }) => columns[0]),
    'cross_firsts',
  )
  const seconds = columnsPicked(
    crosses.map(({ columns }) => columns[1]),
    'cross_seconds',
  )
  return {
    output: 'cross_sum',
    node: [
      ...firsts.node,
      ...seconds.node,
      { opType: 'Mul', input: ['cross_firsts', 'cross_seconds'], output: ['crosses'] },
      { opType: 'MatMul', input: ['crosses', 'cross_weights'], output: ['cross_sum'] },
    ],
    initializer: [
      ...firsts.initializer,
      ...seconds.initializer,
      floats(
        'cross_weights',
        [crosses.length, 1],
        crosses.map(({ weight }) => weight),
      ),
    ],
  }
}

/** What the file must answer. */
export function crossedScores({ linear, crosses }: CrossedModel, vectors: Float32Array): Float32Array {
  const width = linear.weights.length
  const linearOf = linearLogitOf(linear)
  const weights = Float32Array.from(crosses, ({ weight }) => weight)
  return Float32Array.from({ length: vectors.length / width }, (_, row) => {
    let logit = linearOf(vectors, row)
    for (const [index, { columns }] of crosses.entries()) {
      const [first, second] = columns
      logit += Math.fround(vectors[row * width + first]! * vectors[row * width + second]!) * weights[index]!
    }
    return sigmoid(logit)
  })
}
