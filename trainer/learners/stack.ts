import { z } from 'zod'
import { createLeafWalk } from '../export/leaf-walk.ts'
import { type StackedModel, stackedTrainedModel } from '../export/stacked-model.ts'
import { readTreeModel } from '../export/tree-file-reader.ts'
import type { TreeModel } from '../export/tree-model.ts'
import { createAdmission } from './admission.ts'
import { createCoordinates, tableRowsOf } from './coordinates.ts'
import { createFtrlWeights, type FtrlTerms } from './ftrl/ftrl-weights.ts'
import { ftrlConfigSchema } from './ftrl.ts'
import { createGbdt } from './gbdt.ts'
import { GBDT_FORMS } from './gbdt/forms.ts'
import { gbdtConfigSchema } from './gbdt/settings.ts'
import {
  boundedLogit,
  exampleAt,
  type LearnerTask,
  type OnlineExample,
  sigmoid,
  stackedLearner,
  type StackedLearner,
} from './learner.ts'

export const stackConfigSchema = z.strictObject({
  trees: gbdtConfigSchema.prefault(GBDT_FORMS['held-back']).describe('the part that is fitted'),
  linear: ftrlConfigSchema.prefault({ alpha: 0.02 }).describe('the part that goes on learning'),
})
export type StackConfig = z.infer<typeof stackConfigSchema>

/** What the trainer chooses among. */
export const STACK_FORMS = Object.fromEntries(
  Object.entries(GBDT_FORMS).map(([name, form]) => [name, { trees: gbdtConfigSchema.parse(form) }]),
)

export const stack = stackedLearner(stackConfigSchema, createStack, STACK_FORMS)

/**
 * Gradient-boosted trees, and FTRL on top that goes on learning what they leave: a weight per leaf of each tree, per
 * bucket, and a bias. After a fit it learns the same rows on top of the new trees, then every example as it comes.
 *
 * A leaf counts as a column with the value 1 / sqrt(trees): an example is in as many leaves as there are trees, and
 * together they shall move no more than one column. State beside the trees: two float64 per leaf and bucket. Time:
 * O(trees x depth + columns of buckets) per example.
 *
 * @see X. He et al. (2014), Practical Lessons from Predicting Clicks on Ads at Facebook, ADKDD. There the linear part has
 * the leaves alone; here the log-odds of the trees are its offset, so that a fit need not be learned a second time.
 */
export function createStack(config: StackConfig, task: LearnerTask): StackedLearner {
  const { width, graphName, buckets } = task
  let top = topOf({ width, base: 0, trees: [] })
  let examples = 0

  /** What is learned on top of these trees. */
  function topOf(trees: TreeModel) {
    const named = createCoordinates({ width, buckets, quantities: [] })
    return {
      named,
      leaves: createLeafWeights(trees, config.linear),
      linear: createFtrlWeights(named.count, width + 1, config.linear),
      admission: createAdmission(named, config.linear.sightingsMin),
    }
  }

  /** Log-odds of the vector, of which `length` coordinates are known. */
  function logitOf(vector: ArrayLike<number>, length: number): number {
    const { named, leaves, linear } = top
    return boundedLogit(leaves.logitOf(vector) + linear.sum(length, named.at, named.values))
  }

  function update({ vector, label, weight = 1 }: OnlineExample): number {
    const { named, leaves, linear, admission } = top
    const score = sigmoid(logitOf(vector, admission.admit(named.read(vector))))
    const slope = weight * (score - label)
    leaves.learn(slope)
    linear.learn(slope)
    examples += 1
    return score
  }

  return {
    base: createGbdt(config.trees, task),
    onto(baseModel, rows) {
      top = topOf(readTreeModel(baseModel))
      examples = 0
      for (let row = 0; row < rows.count; row++) update(exampleAt(rows, row))
    },
    get examples() {
      return examples
    },
    predict: (vector) => sigmoid(logitOf(vector, top.named.read(vector))),
    update,
    forget(share) {
      top.leaves.forget(share)
      top.linear.forget(share)
    },
    model() {
      const { named, leaves, linear, admission } = top
      const { walk } = leaves
      const model: StackedModel = {
        ...{ width, walk, leaves: leaves.says() },
        tables: tableRowsOf(named.tables, linear.weightAt),
        bias: leaves.bias + linear.weightAt(named.bias),
      }
      const parameters = walk.values.length + 1 + admission.admitted
      const facts = { examples, rounds: Math.max(1, walk.trees.length), parameters }
      return stackedTrainedModel(model, graphName, facts)
    },
  }
}

/** Trees with what was learned of their leaves since they were fitted. */
function createLeafWeights({ trees, base: bias }: TreeModel, terms: FtrlTerms) {
  const walk = createLeafWalk(trees)
  const weights = createFtrlWeights(walk.values.length, trees.length, terms)
  const at = new Int32Array(trees.length)
  const share = 1 / Math.sqrt(Math.max(1, trees.length))
  const values = new Float64Array(trees.length).fill(share)
  return {
    walk,
    bias,
    logitOf(vector: ArrayLike<number>): number {
      walk.read(vector, 0, at)
      let logit = bias
      for (let tree = 0; tree < at.length; tree++) logit += walk.values[at[tree]!]!
      return logit + weights.sum(at.length, at, values)
    },
    learn: weights.learn,
    forget: weights.forget,
    says: () => Float32Array.from(walk.values, (value, leaf) => value + share * weights.weightAt(leaf)),
  }
}
