import { expect, it } from 'vitest'
import { nearestName } from './nearest-name.ts'

const NAMES = ['price', 'category', 'homeCity', 'age', 'ages']

it.each([
  ['Category', 'category'],
  ['CATEGORY', 'category'],
  ['home_city', 'homeCity'],
  ['home-city', 'homeCity'],
  ['categry', 'category'],
  ['ccategory', 'category'],
  ['cateqory', 'category'],
  ['prices', 'price'],
  ['age', 'age'],
  ['AGE', 'age'],
  ['aged', 'ages'],
])('takes %s for %s', (name, meant) => {
  expect(nearestName(name, NAMES)).toBe(meant)
})

it.each(['colour', 'cat', 'catgry', 'agy', '', 'priceList'])('takes %j for none', (name) => {
  expect(nearestName(name, NAMES)).toBeUndefined()
})
