import type { ResultTable } from '#streams/testing'

/** How long reads took, ms, of one contestant in one round. */
export interface ReadsRound {
  contestant: string
  millis: readonly number[]
}

/** Sorted ascending; the value that `share` of them do not exceed. */
export function quantileOf(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)]!
}

/** One line per contestant, in the order in which they came; `floor` is what the last column compares p50 with. */
export function readsTable(rounds: readonly ReadsRound[], floor: string): ResultTable {
  const names = [...new Set(rounds.map(({ contestant }) => contestant))]
  const of = (name: string, share: number) =>
    rounds
      .filter(({ contestant }) => contestant === name)
      .map(({ millis }) =>
        quantileOf(
          [...millis].sort((a, b) => a - b),
          share,
        ),
      )
  const floors = of(floor, 0.5)
  return {
    columns: [
      { title: 'reads of 100 entities' },
      { title: 'p50, ms', digits: 2 },
      { title: 'p99, ms', digits: 2 },
      { title: 'p50 is x times the floor', digits: 2 },
    ],
    rows: names.map((name) => [
      name,
      of(name, 0.5),
      of(name, 0.99),
      of(name, 0.5).map((value, round) => value / floors[round]!),
    ]),
  }
}
