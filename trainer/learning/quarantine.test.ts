import { describe, expect, it } from 'vitest'
import { createChance } from '#schemas/testing'
import { sampleTrainingExample } from '../testing/sample-training-example.ts'
import { createQuarantine } from './quarantine.ts'

/** Usual examples, then so many without a positive, then usual ones; how many of each time were let through. */
function play({ seed, rate, silent }: { seed: number; rate: number; silent: number }) {
  const chance = createChance(seed)
  const quarantine = createQuarantine({ objective: 'click', heldMax: 20_000 })
  const usual = Math.ceil(150 / rate)
  const counts = { before: 0, during: 0, after: 0, dropped: 0 }
  const atAlarm = { duringLearned: -1 }
  for (let at = 0; at < 2 * usual + silent; at++) {
    const isSilent = at >= usual && at < usual + silent
    const label = !isSilent && chance() < rate ? 1 : 0
    const example = sampleTrainingExample({ vector: [], label, occurredAtMs: at, maturedAtMs: at })
    const { admitted, dropped, changes } = quarantine.take(example)
    counts.dropped += dropped
    for (const { maturedAtMs } of admitted)
      counts[maturedAtMs < usual ? 'before' : maturedAtMs < usual + silent ? 'during' : 'after'] += 1
    if (changes.some(({ kind }) => kind === 'silent')) atAlarm.duringLearned = counts.during
  }
  return { usual, counts, atAlarm }
}

describe('of a time without labels', () => {
  it.each([
    [0.4, 1_000],
    [0.19, 1_000],
    [0.05, 2_000],
  ])('no more is learned than usually brings seven positives (rate %d)', (rate, silent) => {
    for (let seed = 1; seed <= 6; seed++) {
      const { counts, atAlarm } = play({ seed, rate, silent })
      expect(atAlarm.duringLearned, `seed ${String(seed)}`).toBeGreaterThanOrEqual(0)
      expect(counts.during, `seed ${String(seed)}`).toBeLessThanOrEqual(7 / rate)
      expect(counts.dropped).toBeGreaterThan(silent - 7 / rate)
    }
  })

  it('all is learned in the end when it was shorter than what usually brings fifty positives', () => {
    const { usual, counts } = play({ seed: 4, rate: 0.2, silent: 200 })
    expect(counts).toEqual({ before: usual, during: 200, after: usual, dropped: 0 })
  })

  it('what is held has a bound, and more is dropped', () => {
    const quarantine = createQuarantine({ objective: 'click', heldMax: 5 })
    const chance = createChance(1)
    const take = (label: 0 | 1, at: number) =>
      quarantine.take(sampleTrainingExample({ vector: [], label, occurredAtMs: at, maturedAtMs: at }))
    for (let at = 0; at < 10_000; at++) take(chance() < 0.01 ? 1 : 0, at)
    const silent = Array.from({ length: 3_000 }, (_, at) => take(0, 10_000 + at))
    expect(silent.map(({ dropped }) => dropped)).toContain(6)
    expect(silent.flatMap(({ changes }) => changes)).toEqual([])
  })
})
