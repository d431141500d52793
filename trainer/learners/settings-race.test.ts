import { expect, it } from 'vitest'
import { createChance } from '#schemas/testing'
import { learnerChoiceSchema, learnerOf } from './choice.ts'
import { FTRL_FORMS } from './ftrl.ts'
import type { OnlineLearner } from './learner.ts'
import { createSettingsRace } from './settings-race.ts'

const task = { width: 3, graphName: 'g' }

function online(settings: object): OnlineLearner {
  const chosen = learnerOf(learnerChoiceSchema.parse({ use: 'ftrl', ...settings }), task)
  if (chosen.kind !== 'online') throw new Error('ftrl learns online')
  return chosen.learner
}

function* drawn(count: number, slope: number, seed = 4) {
  const chance = createChance(seed)
  for (let row = 0; row < count; row++) {
    const vector = [1, 2, 3].map(() => 2 * chance() - 1)
    const score = 1 / (1 + Math.exp(-slope * (vector[0]! - vector[1]!) + 2))
    yield { vector, label: chance() < score ? (1 as const) : (0 as const) }
  }
}

it('speaks by the settings that said best what came next, and says which', () => {
  const race = createSettingsRace({
    frozen: online({ alpha: 1e-6 }),
    fast: online({ alpha: 0.3 }),
    wild: online({ alpha: 100, l2: 0 }),
  })
  for (const example of drawn(3_000, 3)) race.update(example)
  const alone = online({ alpha: 0.3 })
  for (const example of drawn(3_000, 3)) alone.update(example)
  const { facts, onnx } = race.model()
  expect(facts).toMatchObject({ settings: 'fast', examples: 3_000 })
  expect(onnx).toEqual(alone.model().onnx)
  expect(race.predict([1, 0, 0])).toBe(alone.predict([1, 0, 0]))
  expect(race.examples).toBe(3_000)
})

it('tells what it would have said before it learned, by who spoke then', () => {
  const race = createSettingsRace({ one: online({ alpha: 0.1 }), other: online({ alpha: 0.3 }) })
  for (const example of drawn(200, 1)) {
    const before = race.predict(example.vector)
    expect(race.update(example)).toBe(before)
  }
})

it('is what `settings: auto` makes of a learner with forms: what is given stays', () => {
  const auto = online({ settings: 'auto', l1: 0.5 })
  for (const example of drawn(2_000, 1)) auto.update(example)
  const { settings } = auto.model().facts
  expect(Object.keys(FTRL_FORMS)).toContain(settings)
  const alone = online({ ...FTRL_FORMS[settings as keyof typeof FTRL_FORMS], l1: 0.5 })
  for (const example of drawn(2_000, 1)) alone.update(example)
  expect(auto.model().onnx).toEqual(alone.model().onnx)
  expect(online({}).model().facts.settings).toBeUndefined()
})
