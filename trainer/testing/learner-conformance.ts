import { describe, expect, it } from 'vitest'
import { type Learner, sigmoid } from '../learners/learner.ts'
import { createChance } from '#schemas/testing'

/** What every learner must do. @param create a learner with demo settings for vectors of this width */
export function learnerConformance(name: string, create: (width: number) => Learner): void {
  const truth = [1.5, -1, 0, 0.5]
  function* draws(seed: number, count: number): Generator<{ vector: number[]; label: 0 | 1 }> {
    const chance = createChance(seed)
    for (let drawn = 0; drawn < count; drawn++) {
      const vector = truth.map(() => (chance() < 0.5 ? 0 : chance() * 2 - 1))
      const logit = vector.reduce((sum, value, at) => sum + value * truth[at]!, -2)
      yield { vector, label: chance() < sigmoid(logit) ? 1 : 0 }
    }
  }
  const trained = (seed: number, count: number) => {
    const learner = create(truth.length)
    for (const { vector, label } of draws(seed, count)) learner.update(vector, label, 1)
    return learner
  }

  describe(`${name} is a learner`, () => {
    it('knows nothing at first', () => {
      expect(create(3).predict([1, 2, 3])).toBe(0.5)
      expect(create(3).snapshot()).toEqual({ weights: new Float64Array(3), bias: 0 })
    })

    it('finds the signs of the truth and the base rate', () => {
      const learner = trained(1, 20_000)
      const { weights, bias } = learner.snapshot()
      expect(learner.examples).toBe(20_000)
      expect(weights[0]).toBeGreaterThan(0.8)
      expect(weights[1]).toBeLessThan(-0.5)
      expect(Math.abs(weights[2]!)).toBeLessThan(0.3)
      expect(weights[3]).toBeGreaterThan(0.1)
      expect(Math.abs(sigmoid(bias) - sigmoid(-2))).toBeLessThan(0.05)
    })

    it('answers from its snapshot', () => {
      const learner = trained(2, 500)
      const { weights, bias } = learner.snapshot()
      for (const { vector } of draws(3, 50)) {
        const logit = vector.reduce((sum, value, at) => sum + value * weights[at]!, bias)
        expect(learner.predict(vector)).toBeCloseTo(sigmoid(logit), 12)
      }
    })

    it('learns the same from the same examples', () => {
      expect(trained(4, 300).snapshot()).toEqual(trained(4, 300).snapshot())
    })

    it('gives the prediction it made before it learned', () => {
      const learner = trained(5, 300)
      const before = learner.predict([1, 0, -1, 0])
      expect(learner.update([1, 0, -1, 0], 1, 1)).toBe(before)
      expect(learner.predict([1, 0, -1, 0])).toBeGreaterThan(before)
    })

    it('moves more for a heavier example', () => {
      const [light, heavy] = [trained(6, 300), trained(6, 300)]
      light.update([1, 1, 0, 0], 1, 1)
      heavy.update([1, 1, 0, 0], 1, 3)
      expect(heavy.predict([1, 1, 0, 0])).toBeGreaterThan(light.predict([1, 1, 0, 0]))
    })

    it('keeps what it knows and learns faster when it forgets', () => {
      const [steady, restless] = [trained(7, 10_000), trained(7, 10_000)]
      const before = restless.snapshot()
      restless.forget(0.01)
      const after = restless.snapshot()
      after.weights.forEach((weight, at) => expect(weight).toBeCloseTo(before.weights[at]!, 12))
      expect(after.bias).toBeCloseTo(before.bias, 12)
      for (let times = 0; times < 20; times++) {
        steady.update([1, 0, 0, 0], 0, 1)
        restless.update([1, 0, 0, 0], 0, 1)
      }
      expect(restless.predict([1, 0, 0, 0])).toBeLessThan(steady.predict([1, 0, 0, 0]))
    })

    it('stays finite, whatever it is shown', () => {
      const learner = create(2)
      for (let times = 0; times < 200; times++) learner.update([1e6, -1e6], times % 2 === 0 ? 1 : 0, 1)
      const { weights, bias } = learner.snapshot()
      expect([...weights, bias].every(Number.isFinite)).toBe(true)
      expect(learner.predict([1e6, 1e6])).toBeGreaterThanOrEqual(0)
      expect(learner.predict([1e6, 1e6])).toBeLessThanOrEqual(1)
    })
  })
}
