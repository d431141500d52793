import { expect, it } from 'vitest'
import { createFadingMean } from './fading-mean.ts'

it('is the plain mean of the first values and forgets in the long run', () => {
  const fading = createFadingMean(100)
  expect(fading.mean).toBe(0)
  fading.add(4)
  expect(fading.mean).toBe(4)
  fading.add(2)
  expect(fading.mean).toBeCloseTo(3, 1)
  for (let at = 0; at < 1_000; at++) fading.add(7)
  expect(fading.mean).toBeCloseTo(7, 3)
})

it('weighs a value by 1 - 1 / memory for each one after it', () => {
  const fading = createFadingMean(4)
  for (const value of [1, 0, 0]) fading.add(value)
  const [third, second, first] = [1, 0.75, 0.75 ** 2]
  expect(fading.mean).toBeCloseTo(first / (first + second + third), 12)
})
