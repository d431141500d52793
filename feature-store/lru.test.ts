import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createLru } from './lru.ts'

it('holds at most what it may and forgets what was not used for longest', () => {
  const lru = createLru<string, number>(4)
  for (const [value, key] of ['a', 'b', 'c'].entries()) lru.set(key, value)
  expect(lru.get('a')).toBe(0)
  for (const [value, key] of ['d', 'e'].entries()) lru.set(key, value)
  expect(lru.get('b')).toBeUndefined()
  expect(lru.get('a')).toBe(0)
  expect(lru.size).toBeLessThanOrEqual(4)
})

it('answers like a map for as long as there is room, and never with something else', () => {
  const operations = fc.array(
    fc.record({ kind: fc.constantFrom('get', 'set', 'delete'), key: fc.nat(12), value: fc.nat() }),
    { maxLength: 200 },
  )
  fc.assert(
    fc.property(operations, fc.integer({ min: 2, max: 40 }), (all, entriesMax) => {
      const lru = createLru<number, number>(entriesMax)
      const map = new Map<number, number>()
      for (const { kind, key, value } of all) {
        if (kind === 'set') {
          lru.set(key, value)
          map.set(key, value)
        } else if (kind === 'delete') {
          lru.delete(key)
          map.delete(key)
        } else {
          const found = lru.get(key)
          if (found !== undefined || entriesMax >= 26) expect(found).toBe(map.get(key))
        }
        expect(lru.size).toBeLessThanOrEqual(entriesMax)
      }
    }),
  )
})

it('goes on finding what it found once, for as long as nothing is set', () => {
  const key = fc.nat(30)
  fc.assert(
    fc.property(fc.array(key), fc.array(key), fc.integer({ min: 2, max: 12 }), (set, asked, entriesMax) => {
      const lru = createLru<number, number>(entriesMax)
      for (const each of set) lru.set(each, each)
      const found = new Set<number>()
      for (const each of asked) {
        if (lru.get(each) !== undefined) found.add(each)
        else expect(found.has(each)).toBe(false)
      }
    }),
    { numRuns: 2_000 },
  )
})
