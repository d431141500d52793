import { expect, it } from 'vitest'
import { createLiveWait } from './live-wait.ts'

it('is the age of the oldest end of the log that the live service has not reached', () => {
  const wait = createLiveWait()
  expect(wait.look({ atMs: 0, ends: [10, 5], taken: [10, 5] })).toBe(0)
  expect(wait.look({ atMs: 500, ends: [20, 5], taken: [10, 5] })).toBe(0)
  expect(wait.look({ atMs: 1_000, ends: [30, 6], taken: [15, 5] })).toBe(500)
  expect(wait.look({ atMs: 1_500, ends: [40, 6], taken: [19, 6] })).toBe(1_000)
  expect(wait.look({ atMs: 2_000, ends: [50, 6], taken: [30, 6] })).toBe(500)
  expect(wait.look({ atMs: 2_500, ends: [50, 6], taken: [50, 6] })).toBe(0)
})

it('takes a service that has told nothing for one that has taken nothing', () => {
  const wait = createLiveWait()
  wait.look({ atMs: 0, ends: [10], taken: [null] })
  expect(wait.look({ atMs: 700, ends: [12], taken: [] })).toBe(700)
})
