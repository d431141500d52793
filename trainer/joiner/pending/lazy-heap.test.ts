import { expect, it } from 'vitest'
import { createChance } from '#schemas/testing'
import { createLazyHeap } from './lazy-heap.ts'

const ROWS = 3_000

it('gives rows in the order of their keys, whatever they were before', () => {
  const keys = new Map<number, number>()
  const heap = createLazyHeap((row) => keys.get(row) ?? NaN)
  const chance = createChance(24)
  for (let step = 0; step < 20 * ROWS; step++) {
    const row = Math.floor(chance() * ROWS)
    if (chance() < 0.1) keys.delete(row)
    else {
      keys.set(row, Math.floor(chance() * 1_000))
      heap.push(keys.get(row)!, row)
    }
  }
  const expected = [...keys.values()].sort((left, right) => left - right)
  const found: number[] = []
  for (let key = heap.topKey(); key !== Infinity; key = heap.topKey()) {
    found.push(key)
    keys.delete(heap.pop())
  }
  expect(found).toEqual(expected)
})

it('keeps no more entries that are out of date than others for long', () => {
  const keys = new Map<number, number>()
  const heap = createLazyHeap((row) => keys.get(row) ?? NaN)
  for (let step = 0; step < 100_000; step++) {
    const row = step % 1_000
    keys.set(row, step)
    heap.push(step, row)
  }
  expect(heap.bytes / 12).toBeLessThan(3_000)
  expect(heap.topKey()).toBe(99_000)
})
