import { expect, it } from 'vitest'
import { streamsLimitsSchema } from './config.ts'

/** "what it bounds: why so much" */
const WHAT_AND_WHY = /^.{8,}: .{15,}$/s

it.each(Object.entries(streamsLimitsSchema.shape))('limit %s says what it bounds and why', (_, limit) => {
  expect(limit.description).toMatch(WHAT_AND_WHY)
})
