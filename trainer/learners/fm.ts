import { z } from 'zod'
import { type FactorModel, factorTrainedModel } from '../export/factor-model.ts'
import { createAdmission } from './admission.ts'
import { createCoordinates, linearModelAt } from './coordinates.ts'
import { createFactors } from './fm/factors.ts'
import { createFtrlWeights } from './ftrl/ftrl-weights.ts'
import { ftrlConfigSchema } from './ftrl.ts'
import { createDraws } from './gbdt/seeded-draws.ts'
import { boundedLogit, type LearnerTask, onlineLearner, type OnlineLearner, sigmoid } from './learner.ts'

export const fmConfigSchema = z.strictObject({
  factors: z.int().min(1).max(64).default(4).describe('numbers in the vector of each column and bucket'),
  alpha: z.number().positive().default(0.05).describe('learning rate of the factors'),
  l2: z.number().min(0).default(0.001).describe('pulls factors towards 0'),
  deviation: z.number().positive().default(0.05).describe('standard deviation of what factors begin with'),
  seed: z.int().min(0).default(1).describe('of what factors begin with'),
  linear: ftrlConfigSchema.prefault({}).describe('the part without pairs'),
})
export type FmConfig = z.infer<typeof fmConfigSchema>

export const fm = onlineLearner(fmConfigSchema, createFm)

/**
 * Factorisation machine: log-odds = bias + sum of w_i x_i + sum over pairs of <v_i, v_j> x_i x_j. A bucket is a column
 * that is 1, so that it learns which ids go together, also of pairs that were never seen. The linear part is FTRL, the
 * factors learn by AdaGrad (`fm/factors.ts`). In one pass: a second one makes factors fit single examples.
 *
 * State: that of FTRL, and two float32 per factor of each quantity and bucket: 32 MiB for 2^20 buckets of 4 factors. Time:
 * O(width x factors) per example.
 *
 * @example
 * const learner = createFm(fmConfigSchema.parse({}), { width: 2, graphName: 'fm' })
 * learner.update({ vector: [1, 1], label: 1 }) // 0.5, what it would have said before
 *
 * @see S. Rendle (2010), Factorization Machines, ICDM.
 */
export function createFm(config: FmConfig, task: LearnerTask): OnlineLearner {
  const { width, graphName } = task
  const coordinates = createCoordinates(inOrderOfNames(task))
  const { at, values, bias, count } = coordinates
  const linear = createFtrlWeights(count, width + 1, config.linear)
  const space = { count, lengthMax: width + 1, without: bias }
  const factors = createFactors(space, config, createDraws(config.seed))
  const admission = createAdmission(coordinates, config.linear.sightingsMin)
  let examples = 0

  const logitOf = (length: number) =>
    boundedLogit(linear.sum(length, at, values) + factors.sum(length, at, values))

  function model(): FactorModel {
    return {
      linear: linearModelAt(coordinates, width, linear.weightAt),
      factors: config.factors,
      quantities: coordinates.quantities.map((column, place) => ({ column, row: factorsOf(place, 1) })),
      tables: coordinates.tables.map(({ columns, range, offset }) => ({
        columns,
        rows: factorsOf(offset, range),
      })),
    }
  }
  const factorsOf = (coordinate: number, rows: number) =>
    factors.rows.slice(coordinate * config.factors, (coordinate + rows) * config.factors)

  return {
    get examples() {
      return examples
    },
    predict: (vector) => sigmoid(logitOf(coordinates.read(vector))),
    update({ vector, label, weight = 1 }) {
      const score = sigmoid(logitOf(admission.admit(coordinates.read(vector))))
      const slope = weight * (score - label)
      linear.learn(slope)
      factors.learn(slope)
      examples += 1
      return score
    },
    forget(share) {
      linear.forget(share)
      factors.forget(share)
    },
    model() {
      const known = bias + admission.admitted
      const facts = { examples, rounds: 1, parameters: 1 + known * (1 + config.factors) }
      return factorTrainedModel(model(), graphName, facts)
    },
  }
}

/** Factors are drawn in the order of the columns' names, wherever the columns stand. */
function inOrderOfNames(task: LearnerTask) {
  const { width, columns, buckets = [] } = task
  const nameOf = (column: number) => columns?.[column] ?? String(column)
  const byName = (one: number, other: number) => (nameOf(one) < nameOf(other) ? -1 : 1)
  const named = new Set(buckets.flatMap((each) => each.columns))
  const quantities = Array.from({ length: width }, (_, column) => column).filter(
    (column) => !named.has(column),
  )
  return {
    width,
    quantities: quantities.sort(byName),
    buckets: [...buckets].sort((one, other) => byName(one.columns[0]!, other.columns[0]!)),
  }
}
