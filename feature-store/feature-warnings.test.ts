import { expect, it } from 'vitest'
import { parseFeatureStoreConfig } from './config.ts'
import { featureWarnings, numberRanges } from './feature-warnings.ts'
import { attribute } from './kinds/index.ts'

const configOf = (...scales: Parameters<typeof attribute>[0]['scale'][]) =>
  parseFeatureStoreConfig({
    attributes: { item: { price: 'number' } },
    features: scales.map((scale, n) =>
      attribute({ entity: 'item', attribute: 'price', as: 'number', name: `p${String(n)}`, scale }),
    ),
  })

it('warns of a number without a scale', () => {
  expect(featureWarnings(configOf(undefined, { divide: 100 }))).toEqual([
    'p0 takes price without a scale: what is below -10 or above 10 is all the same to it; give it scale: { subtract, divide } or { log1p: true }',
  ])
})

it('says what a scale can hold', () => {
  expect(numberRanges(configOf({ subtract: 0.5, divide: 0.5 }, { log1p: true }, undefined))).toEqual([
    'p0 holds price from -4.5 to 5.5',
    'p1 holds price from 0 to 22030',
  ])
})

it('has nothing to say of the demo feed', () => {
  expect(featureWarnings(parseFeatureStoreConfig({}))).toEqual([])
})
