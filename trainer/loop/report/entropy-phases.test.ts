import { expect, it } from 'vitest'
import { entropyPhases } from './entropy-phases.ts'
import type { Judged } from './judged-predictions.ts'

/** One shown item a second, every fifth clicked; `score(atMs, label)` says what the model believed. */
function run(seconds: number, score: (atMs: number, label: 0 | 1) => number): Judged[] {
  return Array.from({ length: seconds }, (_, index) => {
    const label = index % 5 === 0 ? 1 : 0
    const occurredAtMs = index * 1_000
    return {
      requestId: `r${String(index)}`,
      itemId: 'i',
      occurredAtMs,
      modelId: 'm',
      label,
      score: score(occurredAtMs, label),
    }
  })
}
const good = (label: 0 | 1) => (label === 1 ? 0.3 : 0.175)
const times = { driftAtMs: 2_000_000, endMs: 4_000_000, windowMs: 1_000_000, worstWindowMs: 400_000 }

it('measures before, at worst, after', () => {
  const judged = run(4_000, (atMs, label) =>
    atMs >= 2_000_000 && atMs < 2_500_000 ? (label === 1 ? 0.05 : 0.3) : good(label),
  )
  const { beforeDrift, atWorst, afterRecovery } = entropyPhases(judged, times)
  expect(beforeDrift).toBeLessThan(0.9)
  expect(afterRecovery).toBeCloseTo(beforeDrift!, 9)
  expect(atWorst).toBeGreaterThan(1.5)
})

it('sees a model that did not recover', () => {
  const judged = run(4_000, (atMs, label) => (atMs >= 2_000_000 ? 0.2 : good(label)))
  const { beforeDrift, afterRecovery } = entropyPhases(judged, times)
  expect(afterRecovery! / beforeDrift!).toBeGreaterThan(1.1)
})

it('says nothing from too few clicks', () => {
  expect(
    entropyPhases(
      run(100, () => 0.2),
      times,
    ),
  ).toEqual({ beforeDrift: null, atWorst: null, afterRecovery: null, worst: null })
})

it('takes a run without a drift as one before it', () => {
  const { beforeDrift, atWorst, afterRecovery } = entropyPhases(
    run(4_000, () => 0.2),
    { ...times, driftAtMs: null },
  )
  expect(beforeDrift).toBeCloseTo(1, 9)
  expect([atWorst, afterRecovery]).toEqual([null, null])
})
