import { expect, it } from 'vitest'
import { createChance } from '#schemas/testing'
import { levelDeficit } from './level-deficit.ts'

function judged(rows: number, share: number) {
  const chance = createChance(11)
  return Array.from({ length: rows }, () => {
    const score = 0.05 + 0.1 * chance()
    return { score, label: chance() < share * score ? 1 : 0 }
  })
}

it.each([1, 0.5, 0])('is the share that did not come true, when %d of it does', (share) => {
  const { deficit, standardError } = levelDeficit(judged(40_000, share))
  expect(Math.abs(deficit - (1 - share))).toBeLessThan(4 * standardError)
})

it('has the standard error of a sum of independent clicks', () => {
  expect(levelDeficit(judged(10_000, 1)).standardError).toBeCloseTo(Math.sqrt(0.9 / (0.1 * 10_000)), 2)
})
