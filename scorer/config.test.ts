import { expect, it } from 'vitest'
import { WHAT_AND_WHY } from '#streams/testing'
import { scorerConfigSchema } from './config.ts'

const { http, ...own } = scorerConfigSchema.shape
const all = [...Object.entries(own), ...Object.entries(http.unwrap().shape)]

it.each(all)('%s says what it bounds and why so much', (_, { description }) => {
  expect(description).toMatch(WHAT_AND_WHY)
})
