import { expect, it } from 'vitest'
import { streamsLimitsSchema } from './config.ts'
import { WHAT_AND_WHY } from './testing/what-and-why.ts'

it.each(Object.entries(streamsLimitsSchema.shape))('limit %s says what it bounds and why', (_, limit) => {
  expect(limit.description).toMatch(WHAT_AND_WHY)
})
