import { expect, it } from 'vitest'
import { WHAT_AND_WHY } from '#streams/testing'
import { trainerLimitsSchema } from './config.ts'

it.each(Object.entries(trainerLimitsSchema.shape))(
  'limit %s says what it bounds and why so much',
  (_, { description }) => {
    expect(description).toMatch(WHAT_AND_WHY)
  },
)
