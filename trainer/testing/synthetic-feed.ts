import type { FeatureSet } from '#feature-store'
import type { Interaction, Prediction } from '#schemas'
import { sigmoid } from '../learners/learner.ts'
import { createChance } from '#schemas/testing'
import { samplePrediction } from './sample-predictions.ts'

export interface SyntheticFeedOptions {
  seed: number
  /** Event time of the first prediction. */
  startMs: number
  /** Event time between two predictions. */
  everyMs: number
  itemsShown: number
  users: number
}

/** A feed without a broker: predictions, and the interactions that follow, in the order they happen. */
export interface SyntheticFeed {
  readonly featureSet: FeatureSet
  /**
   * The next prediction and its interactions. People turn when told: what they liked they avoid.
   * @param score what the serving model says of a vector, null when no model serves
   */
  next(
    score: ((vector: readonly number[]) => number) | null,
    modelId: string,
  ): { prediction: Prediction; interactions: Interaction[] }
  turn(): void
}

const BIAS = -2
const TASTES = [1.6, -1.2, 0.8, 0, 0.9]

/** Clicks follow a logistic law over five features; one of them is often missing. */
export function createSyntheticFeed(options: SyntheticFeedOptions): SyntheticFeed {
  const { startMs, everyMs, itemsShown, users } = options
  const chance = createChance(options.seed)
  const names = TASTES.map((_, at) => `taste_${String(at)}`)
  const featureSet = { id: 'synthetic', names, width: names.length }
  let sign = 1
  let asked = 0

  return {
    featureSet,
    turn() {
      sign = -sign
    },
    next(score, modelId) {
      const requestId = `r${String(asked)}`
      const userId = `u${String(Math.floor(chance() * users))}`
      const occurredAtMs = startMs + asked * everyMs
      asked += 1
      const vectors = Array.from({ length: itemsShown }, () =>
        TASTES.map(() => Math.fround(chance() * 2 - 1)),
      )
      const items = vectors.map((vector, at) => ({
        itemId: `i${String(at)}`,
        vector,
        score: score === null ? null : Math.fround(score(vector)),
      }))
      const interactions = vectors.flatMap((vector, at) => {
        const logit = vector.reduce((sum, value, column) => sum + value * sign * TASTES[column]!, BIAS)
        const tell = (type: string, afterMs: number): Interaction => ({
          interactionId: `${requestId}.${String(at)}.${type}`,
          userId,
          itemId: `i${String(at)}`,
          type,
          occurredAtMs: occurredAtMs + afterMs,
          requestId,
          position: at,
          value: null,
        })
        const clicked = chance() < sigmoid(logit)
        return clicked ? [tell('view', 100), tell('click', 3_000)] : [tell('view', 100)]
      })
      const common = { requestId, occurredAtMs, items, userId, featureSetId: featureSet.id }
      return {
        prediction: samplePrediction({ ...common, modelId: score === null ? '' : modelId }),
        interactions,
      }
    },
  }
}
