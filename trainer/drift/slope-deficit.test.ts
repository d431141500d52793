import { describe, expect, it } from 'vitest'
import { sigmoid } from '../learners/learner.ts'
import { createChance } from '#schemas/testing'
import { slopeDeficit } from './slope-deficit.ts'

/** Labels drawn from `truth` times the log-odds that the scores claim. */
function judged(rows: number, truth: number, sharpness = 1) {
  const chance = createChance(7)
  return Array.from({ length: rows }, () => {
    const claim = (chance() + chance() + chance() - 1.5) * 2 * sharpness
    return { score: sigmoid(claim - 2), label: chance() < sigmoid(truth * claim - 2) ? 1 : 0 }
  })
}

describe('the slope deficit', () => {
  it.each([1, 0.3])(
    'is 0 for an honest model and 1 for one that tells nothing, sharp or dull (%d)',
    (sharpness) => {
      const honest = slopeDeficit(judged(40_000, 1, sharpness))
      expect(Math.abs(honest.deficit)).toBeLessThan(4 * honest.standardError)
      // One step only: exact at 0, near enough at 1.
      expect(Math.abs(slopeDeficit(judged(40_000, 0, sharpness)).deficit - 1)).toBeLessThan(0.25)
    },
  )
  it('is surer with more rows, by their square root', () => {
    const [few, many] = [slopeDeficit(judged(1_000, 1)), slopeDeficit(judged(16_000, 1))]
    expect(few.standardError / many.standardError).toBeGreaterThan(3)
    expect(few.standardError / many.standardError).toBeLessThan(5)
  })
})
