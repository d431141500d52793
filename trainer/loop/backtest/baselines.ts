import type { TrainingExample } from '../../learning/training-example.ts'

/** What is said without a model, from the labels that are known. */
export interface Baselines {
  learn(example: Pick<TrainingExample, 'itemId' | 'label'>): void
  /** Share of positives so far. */
  baseRate(): number
  /** The item's share of positives so far, pulled towards the base rate. */
  itemRate(itemId: string): number
}

/** The base rate before anything is known, and examples that it counts for. */
const PRIOR = { rate: 0.5, strength: 1 }
/** Positives that the base rate counts for in an item's rate: fewer would be chance. */
const ITEM_PRIOR_POSITIVES = 5

export function createBaselines(): Baselines {
  const all = { shown: 0, positives: 0 }
  const items = new Map<string, { shown: number; positives: number }>()
  const baseRate = () => (all.positives + PRIOR.rate * PRIOR.strength) / (all.shown + PRIOR.strength)

  return {
    learn({ itemId, label }) {
      const item = items.get(itemId) ?? { shown: 0, positives: 0 }
      items.set(itemId, item)
      for (const counted of [all, item]) {
        counted.shown += 1
        counted.positives += label
      }
    },
    baseRate,
    itemRate(itemId) {
      const rate = baseRate()
      const { shown, positives } = items.get(itemId) ?? { shown: 0, positives: 0 }
      return (positives + ITEM_PRIOR_POSITIVES) / (shown + ITEM_PRIOR_POSITIVES / rate)
    },
  }
}
