import type { ModelSession } from '#scorer/model'
import { createRandom } from '#streams'
import type { TrainingRows } from '../../learners/learner.ts'
import { logLossOf } from '../../metrics/index.ts'

/** What a feature is worth to a model: log-loss that it costs when the feature's values are given to other rows. */
export interface Importance {
  feature: string
  /** Mean over the draws, nats. */
  logLoss: number
}

/** The columns of one feature. */
export interface ColumnsOfFeature {
  feature: string
  at: number
  count: number
}

const DRAWS = 3

/**
 * Permutation importance, all columns of a feature together. Most important first. O(features x draws x rows).
 *
 * @see L. Breiman (2001), Random Forests, Machine Learning 45, section 10.
 */
export async function importancesOf(
  session: Pick<ModelSession, 'predict'>,
  { vectors, labels, count, width }: Pick<TrainingRows, 'vectors' | 'labels' | 'count' | 'width'>,
  features: readonly ColumnsOfFeature[],
): Promise<Importance[]> {
  const lossOf = async (of: Float32Array) => {
    const scores = await session.predict(of, count)
    return scores.reduce((sum, score, row) => sum + logLossOf(score, labels[row]!), 0) / count
  }
  const whole = await lossOf(vectors)
  const found: Importance[] = []
  for (const { feature, at, count: columns } of features) {
    let sum = 0
    for (let draw = 0; draw < DRAWS; draw++) {
      const order = shuffled(count, `${feature}/${String(draw)}`)
      const permuted = vectors.slice()
      for (let row = 0; row < count; row++) {
        const from = order[row]! * width + at
        permuted.set(vectors.subarray(from, from + columns), row * width + at)
      }
      sum += (await lossOf(permuted)) - whole
    }
    found.push({ feature, logLoss: sum / DRAWS })
  }
  return found.sort((left, right) => right.logLoss - left.logLoss)
}

function shuffled(count: number, seed: string): Int32Array {
  const random = createRandom(seed)
  const order = Int32Array.from({ length: count }, (_, n) => n)
  for (let n = count - 1; n > 0; n--) {
    const other = random.int(n + 1)
    ;[order[n], order[other]] = [order[other]!, order[n]!]
  }
  return order
}
