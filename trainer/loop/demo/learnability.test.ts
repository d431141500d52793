import { expect, it } from 'vitest'
import { createFeedSimulation, normalizedEntropyOf, simulatorConfigSchema } from '#streams'
import { createFtrl, ftrlConfigSchema } from '../../learners/ftrl.ts'
import { forecastQuality } from '../../metrics/index.ts'

const MINUTE_MS = 60_000
const startMs = Date.UTC(2026, 0, 5, 14)
const TURN_MINUTES = 60

interface Shown {
  atMinutes: number
  vector: number[]
  label: 0 | 1
}

/** What was shown in two hours with a turn of tastes in the middle: price and category of the item, and the click. */
function shownItems(): { shown: Shown[]; best: (from: number, to: number) => number } {
  const config = simulatorConfigSchema.parse({
    historyMinutes: 0,
    injections: [{ kind: 'concept', atMinutes: TURN_MINUTES }],
  })
  const simulation = createFeedSimulation({ seed: '1', config, startMs })
  const vectors = new Map<string, number[]>()
  const shown = new Map<string, Shown>()
  for (let atMs = startMs; atMs <= startMs + 130 * MINUTE_MS; atMs += 3_000) {
    for (const emission of simulation.advanceTo(atMs)) {
      if (emission.topic === 'items') {
        const [category, price] = emission.record.attributes
        const oneHot = Array.from({ length: config.categories }, (_, index) =>
          category!.text === `c${String(index)}` ? 1 : 0,
        )
        vectors.set(emission.key, [2 * price!.number! - 1, ...oneHot])
      } else if (emission.topic === 'requests') {
        simulation.answered(emission.record.requestId, emission.record.candidates)
      } else if (emission.topic === 'interactions') {
        const { requestId, itemId, type, occurredAtMs } = emission.record
        const key = `${String(requestId)}/${itemId}`
        const atMinutes = (occurredAtMs - startMs) / MINUTE_MS
        if (type === 'view') shown.set(key, { atMinutes, vector: vectors.get(itemId)!, label: 0 })
        if (type === 'click') shown.get(key)!.label = 1
      }
    }
  }
  const best = (from: number, to: number) =>
    normalizedEntropyOf(simulation.truth.between(startMs + from * MINUTE_MS, startMs + to * MINUTE_MS))
  return { shown: [...shown.values()], best }
}

it('can be learned in half an hour of feed, is unlearned by the turn of tastes, and can be learned again', () => {
  const { shown, best } = shownItems()
  const between = (from: number, to: number) =>
    shown.filter(({ atMinutes }) => atMinutes >= from && atMinutes < to)
  const learn = (examples: readonly Shown[]) => {
    const learner = createFtrl(ftrlConfigSchema.parse({ alpha: 0.1 }), { width: 9, graphName: 'ftrl' })
    for (const { vector, label } of examples) learner.update({ vector, label })
    return learner
  }
  const entropy = (learner: ReturnType<typeof learn>, examples: readonly Shown[]) =>
    forecastQuality(examples.map(({ vector, label }) => ({ score: learner.predict(vector), label })))
      .normalizedEntropy!

  const before = learn(between(0, 30))
  expect(entropy(before, between(30, 60))).toBeLessThan(0.97)
  expect(entropy(before, between(30, 60))).toBeGreaterThan(best(30, 60))
  expect(entropy(before, between(62, 92))).toBeGreaterThan(1.1)
  const after = learn(between(62, 92))
  expect(entropy(after, between(92, 120))).toBeLessThan(0.97)
})
