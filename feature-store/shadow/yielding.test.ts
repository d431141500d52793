import { expect, it } from 'vitest'
import { createYielding } from './yielding.ts'

it('holds while live interactions wait too long, and goes on when they do not', () => {
  const yielding = createYielding(1_000)
  const held: boolean[] = []
  // The log grows by 10 a look; the live service takes 2 while it is disturbed, and then all.
  for (let look = 0; look < 12; look++) {
    const taken = look < 8 ? look * 2 : look * 10
    held.push(yielding.isHeld({ atMs: look * 500, ends: [look * 10], taken: [taken] }))
  }
  expect(held.indexOf(true)).toBe(4)
  expect(held.slice(4, 8)).toEqual([true, true, true, true])
  expect(held.slice(8)).toEqual([false, false, false, false])
})

it('goes on when there is no live service that could be disturbed', () => {
  const yielding = createYielding(1_000)
  const at = (atMs: number) => yielding.isHeld({ atMs, ends: [100 + atMs], taken: [50] })
  expect([0, 2_000, 9_000, 12_000].map(at)).toEqual([false, true, true, false])
})
