import type { Random } from './random.ts'

/**
 * Draws 0..size-1 in a random order, each once before any comes again: as random as dice for who looks at one, and
 * without the long runs that make one hour of a small world unlike the next.
 */
export function createDeck(random: Random, size: number): () => number {
  let cards: number[] = []
  return () => {
    if (cards.length === 0) cards = Array.from({ length: size }, (_, card) => card)
    const [card] = cards.splice(random.int(cards.length), 1)
    return card!
  }
}
