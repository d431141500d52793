import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { joinedId } from './joined-id.ts'

const SEPARATORS = ['/', '*', '-', '\n'] as const
const part = fc.string({
  unit: fc.constantFrom('a', '1', '/', '*', '-', '\n', '%', '2', 'F', '5', 'A', 'D', '0', 'é'),
})

describe('joinedId', () => {
  it('keeps ordinary ids as they are, byte for byte', () => {
    expect(joinedId('/', ['p:r-1', 'item-1'])).toBe('p:r-1/item-1')
    expect(joinedId('/', ['p:r-1', 'https://example.org/a%20b'])).toBe('p:r-1/https://example.org/a%20b')
  })

  it('escapes what would move the joint', () => {
    expect(joinedId('/', ['p:home/news', '1'])).toBe('p:home%2Fnews/1')
    expect(joinedId('/', ['p:home%2Fnews', '1'])).toBe('p:home%252Fnews/1')
  })

  it.each(SEPARATORS)('gives different parts different ids, joined by %j', (separator) => {
    const parts = fc.tuple(part, part, part)
    fc.assert(
      fc.property(parts, parts, (left, right) => {
        const same = left.every((text, i) => text === right[i])
        expect(joinedId(separator, left) === joinedId(separator, right)).toBe(same)
      }),
      { numRuns: 2_000, seed: 7 },
    )
    fc.assert(
      fc.property(parts, (given) => {
        expect(partsOf(joinedId(separator, given), separator, 3)).toEqual(given)
      }),
      { numRuns: 2_000, seed: 7 },
    )
  })
})

/** Injective, because this finds the parts again. */
function partsOf(id: string, separator: string, count: number): string[] {
  const pieces = id.split(separator)
  const first = pieces.slice(0, count - 1).map((text) => decodeURIComponent(text))
  return [...first, pieces.slice(count - 1).join(separator)]
}
