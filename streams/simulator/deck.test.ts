import { expect, it } from 'vitest'
import { createDeck } from './deck.ts'
import { createRandom } from './random.ts'

it('draws every card once before any comes again, in an order of its own each time', () => {
  const draw = createDeck(createRandom('deck'), 8)
  const rounds = Array.from({ length: 3 }, () => Array.from({ length: 8 }, draw))
  for (const round of rounds) expect([...round].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
  expect(new Set(rounds.map(String)).size).toBe(3)
})
