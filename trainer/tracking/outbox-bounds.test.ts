import { expect, it } from 'vitest'
import { overBounds } from './outbox-bounds.ts'
import type { ListedRun } from './run-folders.ts'

const runs = [10, 20, 30].map((bytes, at): ListedRun => ({
  name: `run-${String(at)}`,
  place: '',
  state: 'waiting',
  bytes,
  writtenAtMs: at,
}))
const gone = (waitingRunsMax: number, waitingBytesMax: number) =>
  overBounds(runs, { waitingRunsMax, waitingBytesMax }).map(({ name }) => name)

it('gives up the oldest at one past a bound, and never the newest', () => {
  expect(gone(3, 60)).toEqual([])
  expect(gone(2, 60)).toEqual(['run-0'])
  expect(gone(3, 59)).toEqual(['run-0'])
  expect(gone(3, 49)).toEqual(['run-0', 'run-1'])
  expect(gone(1, 1)).toEqual(['run-0', 'run-1'])
  expect(overBounds([], { waitingRunsMax: 1, waitingBytesMax: 1 })).toEqual([])
})
