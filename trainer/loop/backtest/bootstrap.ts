import { createRandom } from '#streams'

/** A statistic, and the bounds within which other users would give it in 95 of 100 cases. */
export interface Estimate {
  value: number
  low: number
  high: number
}

/** Sums over the rows of one user. */
export type Sums = Record<string, number>

const RESAMPLES = 500
const TAIL = 0.025

/**
 * Percentile bootstrap over users: each resample draws as many users as there are, with replacement. Rows of one user
 * depend on each other, so users are drawn, not rows. O(resamples x users).
 *
 * @param statistics each of the summed sums; null: they say nothing
 * @returns null where all users together say nothing
 * @see B. Efron and R. Tibshirani (1993), An Introduction to the Bootstrap, chapters 8 and 13.
 */
export function bootstrapUsers<S extends Sums, Name extends string>(
  users: readonly S[],
  statistics: Readonly<Record<Name, (total: S) => number | null>>,
  seed: string,
): Record<Name, Estimate | null> {
  const names = Object.keys(statistics) as Name[]
  const drawn = new Map(names.map((name) => [name, [] as number[]]))
  const random = createRandom(`${seed}/bootstrap`)
  for (let resample = 0; resample < RESAMPLES && users.length > 0; resample++) {
    const total = totalOf(users.length, () => users[random.int(users.length)]!)
    for (const name of names) {
      const value = statistics[name](total)
      if (value !== null) drawn.get(name)!.push(value)
    }
  }
  let next = 0
  const all = users.length === 0 ? undefined : totalOf(users.length, () => users[next++]!)
  const estimateOf = (name: Name): Estimate | null => {
    const value = all === undefined ? null : statistics[name](all)
    return value === null ? null : withBounds(value, drawn.get(name)!)
  }
  return Object.fromEntries(names.map((name) => [name, estimateOf(name)])) as Record<Name, Estimate | null>
}

function withBounds(value: number, drawn: number[]): Estimate | null {
  if (drawn.length === 0) return null
  drawn.sort((left, right) => left - right)
  const at = (share: number) => drawn[Math.min(drawn.length - 1, Math.floor(share * drawn.length))]!
  return { value, low: at(TAIL), high: at(1 - TAIL) }
}

function totalOf<S extends Sums>(count: number, next: () => S): S {
  const total: Sums = {}
  for (let at = 0; at < count; at++) {
    const sums = next()
    for (const key in sums) total[key] = (total[key] ?? 0) + sums[key]!
  }
  return total as S
}
