import type { ResultTable } from '#streams/testing'
import { bootstrapUsers } from '../../backtest/bootstrap.ts'

/** Normalized entropy over the best reachable, of one learner on one seed. */
export interface SeedShares {
  /** Of the whole run, of the time before the turn, and of the end. */
  whole: number
  beforeTurn: number
  atEnd: number
}

/** Two learners on the same seed. */
export interface SeedPair {
  seed: number
  one: SeedShares
  other: SeedShares
}

/** What a learner came to, by seed. */
export type PlayedSeeds = Readonly<Record<number, SeedShares>>

/** The seeds that both have played. */
export const pairsOf = (one: PlayedSeeds, other: PlayedSeeds): SeedPair[] =>
  Object.entries(one).flatMap(([seed, shares]) => {
    const theirs = other[Number(seed)]
    return theirs === undefined ? [] : [{ seed: Number(seed), one: shares, other: theirs }]
  })

/** The one less the other, over all seeds: with the interval that other seeds would give in 95 of 100 cases. */
export interface PairedSeeds {
  seeds: number
  /** Seeds on which the one is lower. */
  wins: number
  difference: number
  low: number
  high: number
}

/** @throws when there is no pair */
export function pairedSeeds(pairs: readonly SeedPair[], span: keyof SeedShares): PairedSeeds {
  const sums = pairs.map(({ one, other }) => ({ difference: one[span] - other[span], seeds: 1 }))
  const mean = ({ difference, seeds }: { difference: number; seeds: number }) => difference / seeds
  const estimate = bootstrapUsers(sums, { mean }, 'seeds').mean!
  return {
    seeds: pairs.length,
    wins: sums.filter(({ difference }) => difference < 0).length,
    difference: estimate.value,
    low: estimate.low,
    high: estimate.high,
  }
}

const SPANS = {
  'the whole run': 'whole',
  'the fifth before the turn': 'beforeTurn',
  'the last fifth': 'atEnd',
} as const satisfies Record<string, keyof SeedShares>

/** One row per span. Lower is better. */
export function pairedTable(
  pairs: readonly SeedPair[],
  { one, other }: { one: string; other: string },
): ResultTable {
  return {
    columns: [
      { title: `played, seeds ${seedsText(pairs)}` },
      { title: `${one}, over the best reachable`, digits: 4 },
      { title: `${other}, over the best reachable`, digits: 4 },
      { title: 'mean difference (95 % by seeds)' },
      { title: `${one} lower` },
    ],
    rows: Object.entries(SPANS).map(([name, span]) => {
      const { seeds, wins, difference, low, high } = pairedSeeds(pairs, span)
      const [mean, from, to] = [difference, low, high].map((value) => value.toFixed(4)) as [
        string,
        string,
        string,
      ]
      return [
        name,
        pairs.map((pair) => pair.one[span]),
        pairs.map((pair) => pair.other[span]),
        `${mean} (${from} to ${to})`,
        `${String(wins)} of ${String(seeds)}`,
      ]
    }),
  }
}

/** Runs of seeds, as 1-3, 7. */
function seedsText(pairs: readonly SeedPair[]): string {
  const runs: [number, number][] = []
  for (const seed of pairs.map((pair) => pair.seed).sort((left, right) => left - right)) {
    const last = runs.at(-1)
    if (last !== undefined && seed === last[1] + 1) last[1] = seed
    else runs.push([seed, seed])
  }
  return runs.map(([from, to]) => (from === to ? String(from) : `${String(from)}-${String(to)}`)).join(', ')
}
