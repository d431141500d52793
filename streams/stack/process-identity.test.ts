import { expect, it } from 'vitest'
import { startTicksIn } from './process-identity.ts'

const stat = (state: string, threads: number) =>
  `42 (a (odd) name) ${state} 1 42 42 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 ${String(threads)} 0 777 1000 10`

it.each([
  ['S', 4, '777'],
  ['R', 1, '777'],
  ['Z', 1, undefined],
  ['X', 1, undefined],
  ['Z', 3, '777'],
] as const)('in state %s with %d threads it began at %s', (state, threads, ticks) => {
  expect(startTicksIn(stat(state, threads))).toBe(ticks)
})
