import fc from 'fast-check'
import { expect, it } from 'vitest'
import { exampleIdOf } from './example-of.ts'

const id = fc.string({ unit: fc.constantFrom('a', '1', '/', '%', '2', 'F', '5') })

it('gives every prediction and item an id of their own', () => {
  expect(exampleIdOf('p:home', 'news/1')).not.toBe(exampleIdOf('p:home/news', '1'))
  const pair = fc.tuple(id, id)
  fc.assert(
    fc.property(pair, pair, ([p, i], [q, j]) => {
      expect(exampleIdOf(p, i) === exampleIdOf(q, j)).toBe(p === q && i === j)
    }),
    { numRuns: 2_000, seed: 7 },
  )
})

it('keeps the ids that examples had before: what is in the topic is still recognised', () => {
  expect(exampleIdOf('p:r-1', 'item-1')).toBe('p:r-1/item-1')
  expect(exampleIdOf('p:r-1', 'news/1')).toBe('p:r-1/news/1')
})
