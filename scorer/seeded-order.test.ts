import { describe, expect, it } from 'vitest'
import { fractionOf, murmur3, seededOrder } from './seeded-order.ts'

describe('murmur3', () => {
  // From the smhasher reference (MurmurHash3_x86_32), as listed at https://stackoverflow.com/a/31929528.
  it.each([
    ['', 0, 0],
    ['', 1, 0x514e28b7],
    ['', 0xffffffff, 0x81f16f39],
    ['test', 0, 0xba6bd213],
    ['test', 0x9747b28c, 0x704b81dc],
    ['Hello, world!', 0, 0xc0363e43],
    ['Hello, world!', 0x9747b28c, 0x24884cba],
    ['The quick brown fox jumps over the lazy dog', 0, 0x2e4ff723],
    ['aaaa', 0x9747b28c, 0x5a97808a],
    ['aaa', 0x9747b28c, 0x283e0130],
    ['aa', 0x9747b28c, 0x5d211726],
    ['a', 0x9747b28c, 0x7fa09ea6],
    ['ππππππππ', 0x9747b28c, 0xd58063c1],
  ])('of %j with seed %d', (text, seed, hash) => expect(murmur3(text, seed)).toBe(hash))
})

describe('seededOrder', () => {
  it('is a permutation, the same for the same text', () => {
    for (const count of [0, 1, 2, 20, 500]) {
      const order = seededOrder('r1', count)
      expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, index) => index))
      expect(seededOrder('r1', count)).toEqual(order)
    }
    expect(seededOrder('r1', 20)).not.toEqual(seededOrder('r2', 20))
  })

  it('puts every candidate at every rank equally often (chi-squared, 16 degrees of freedom, p > 0.001)', () => {
    const count = 5
    const texts = 20_000
    const seen = Array.from({ length: count }, () => new Array<number>(count).fill(0))
    for (let text = 0; text < texts; text++) {
      seededOrder(`request-${text}`, count).forEach((candidate, rank) => {
        const row = seen[candidate] as number[]
        row[rank] = (row[rank] as number) + 1
      })
    }
    const expected = texts / count
    const chiSquared = seen.flat().reduce((sum, times) => sum + (times - expected) ** 2 / expected, 0)
    expect(chiSquared).toBeLessThan(39.25)
  })

  it('draws fractions evenly over sequential ids', () => {
    const share = Array.from({ length: 20_000 }, (_, id) => fractionOf(`r-${id}`, 7)).filter(
      (value) => value < 0.05,
    ).length
    expect(share / 20_000).toBeGreaterThan(0.045)
    expect(share / 20_000).toBeLessThan(0.055)
  })
})
