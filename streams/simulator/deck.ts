import type { Random } from './random.ts'

/**
 * Draws 0..size-1 in a random order, each once before any comes again. A single draw is as random as a die's; the long
 * runs that would make one hour of a small world unlike the next cannot happen.
 */
export function createDeck(random: Random, size: number): () => number {
  let cards: number[] = []
  return () => {
    if (cards.length === 0) cards = Array.from({ length: size }, (_, card) => card)
    const [card] = cards.splice(random.int(cards.length), 1)
    return card!
  }
}
