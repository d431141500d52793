import { createChance } from '#schemas/testing'
import { expect, it } from 'vitest'
import { createFloatSort } from './float-sort.ts'

it('sorts as Node does, whatever the numbers are', () => {
  const chance = createChance(1)
  const sort = createFloatSort(5_000)
  const special = [NaN, -Infinity, Infinity, 0, -0, 1e-45, -1e-45, 3.4e38, -3.4e38]
  const draws: (() => number)[] = [
    () => chance() * 2 - 1,
    () => 1 / (chance() - 0.5),
    () => Math.floor(chance() * 7) - 3,
    () => special[Math.floor(chance() * special.length)]!,
  ]
  for (const draw of draws) {
    for (const length of [0, 1, 1_023, 1_024, 5_000]) {
      const values = Float32Array.from({ length }, draw)
      const sorted = values.slice().sort()
      sort(values)
      expect(values.every((value, at) => Object.is(value, sorted[at]))).toBe(true)
    }
  }
})

it('takes a NaN of any sign for the last', () => {
  const values = new Float32Array(2_000).fill(1)
  new Uint32Array(values.buffer)[7] = 0xffc00000
  createFloatSort(2_000)(values)
  expect([values[0], values[1_999]]).toEqual([1, NaN])
})
