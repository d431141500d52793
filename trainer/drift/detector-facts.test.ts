import { expect, it } from 'vitest'
import type { DetectorVerdict } from './detector.ts'
import { createDetectorFacts } from './detector-facts.ts'

const QUIET: DetectorVerdict = { kind: 'quiet' }

function factsAfter(...parts: [value: number, values: number][]) {
  const facts = createDetectorFacts()
  for (const [value, values] of parts) for (let at = 0; at < values; at++) facts.of(value, QUIET)
  return facts
}

it('are those that the detector told', () => {
  const cut = { before: 1, beforeCount: 30, after: 2, afterCount: 5 }
  expect(factsAfter([0, 500]).of(0, { kind: 'drift', mean: 2, cut })).toEqual({ mean: 2, cut })
  expect(factsAfter([0, 500]).of(0, { kind: 'quiet', mean: 7 })).toEqual({ mean: 7, cut: undefined })
})

it('are estimated for a detector that says no more than when', () => {
  const { mean, cut } = factsAfter([1, 1_000], [3, 199]).of(3, { kind: 'drift' })
  expect(mean).toBe(3)
  expect(cut).toEqual({ before: 1, beforeCount: 1_000, after: 3, afterCount: 200 })
})

it('compare the next drift with what came after the one before', () => {
  const facts = factsAfter([1, 1_000], [3, 199])
  facts.of(3, { kind: 'drift' })
  for (let at = 0; at < 200; at++) facts.of(5, QUIET)
  expect(facts.of(5, { kind: 'drift' }).cut).toMatchObject({ after: 5, beforeCount: 201 })
})

it('have no cut with a drift that nothing older can be compared with', () => {
  expect(factsAfter([1, 50]).of(1, { kind: 'drift' })).toEqual({ mean: 1, cut: undefined })
  expect(factsAfter([1, 5_000]).of(1, { kind: 'warning' }).cut).toBeUndefined()
})
