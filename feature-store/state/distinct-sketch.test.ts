import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addDistinct, countDistinct, spreadHash } from './distinct-sketch.ts'
import { itemHashOf } from './recent-ids.ts'

const MAX = 64
const listOf = (ids: readonly string[], hashesMax = MAX) => {
  const list: number[] = []
  for (const id of ids) addDistinct(list, spreadHash(itemHashOf(id)), hashesMax)
  return list
}
const ids = (from: number, count: number) =>
  Array.from({ length: count }, (_, n) => `user-${String(from + n)}`)

describe('distinct sketch', () => {
  it('is exact below its bound', () => {
    const few = fc.array(fc.integer({ min: 0, max: 40 }).map((n) => `i${String(n)}`))
    fc.assert(
      fc.property(few, (list) => {
        expect(countDistinct([listOf(list)], MAX)).toBe(new Set(list).size)
      }),
    )
  })

  it('leaves the same list in any order, and the same count however it is cut into tiles', () => {
    const many = fc.array(fc.integer({ min: 0, max: 400 }).map(String), { maxLength: 300 })
    fc.assert(
      fc.property(many, fc.integer({ min: 0, max: 300 }), (list, cut) => {
        expect(listOf([...list].reverse())).toEqual(listOf(list))
        const tiles = [listOf(list.slice(0, cut)), listOf(list.slice(cut))]
        expect(countDistinct(tiles, MAX)).toBe(countDistinct([listOf(list)], MAX))
      }),
    )
  })

  it.each([
    [64, 0.13],
    [256, 0.063],
  ])('with %i hashes is off by about %f', (hashesMax, error) => {
    const runs = 40
    let squares = 0
    for (let run = 0; run < runs; run++) {
      const found = countDistinct([listOf(ids(run * 5_000, 5_000), hashesMax)], hashesMax)
      squares += (found / 5_000 - 1) ** 2
    }
    expect(Math.sqrt(squares / runs)).toBeLessThan(1.4 * error)
  })
})
