import { expect, it } from 'vitest'
import { judgeCounts } from './judge-counts.ts'
import { interactionOf, workloadOf } from './numbered-traffic.ts'

const workload = workloadOf({ seed: 1, interactions: 50, users: 5 })
const numbers = Array.from({ length: 50 }, (_, n) => n)

function countsOf(some: readonly number[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const n of some) {
    const { userId } = interactionOf(workload, n)
    counts[userId] = (counts[userId] ?? 0) + 1
  }
  return counts
}

it('finds nothing wrong with right counts, also as Redis tells them', () => {
  const counts = Object.fromEntries(Object.entries(countsOf(numbers)).map(([id, n]) => [id, String(n)]))
  const right = { expected: 50, lost: 0, duplicated: 0, reordered: 0, wrong: 0 }
  expect(judgeCounts(workload, numbers, counts)).toEqual(right)
})

it('tells lost from doubled, per user', () => {
  const counts = countsOf(numbers.slice(3))
  counts['nobody'] = 2
  const missing = new Set([0, 1, 2].map((n) => interactionOf(workload, n).userId)).size
  expect(judgeCounts(workload, numbers, counts)).toMatchObject({ lost: 3, duplicated: 2, wrong: missing + 1 })
})
