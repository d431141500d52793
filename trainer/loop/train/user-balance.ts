/** How rows of busy users are kept from being all that is learned. */
export interface UserBalance {
  users: number
  /** Training rows of one user that count in full; those of busier ones share this weight. */
  rowsCounted: number
  /** Users above it. */
  capped: number
  /** Share of the rows that the busiest hundredth of the users brings, before and after. */
  busiestShare: { before: number; after: number }
  /** Test users that were in the training part. */
  testUsers: { seen: number; unseen: number }
}

/** Of the median user: a feed's busiest read a hundred times as much as most. */
const TIMES_MEDIAN = 10
const ROWS_COUNTED_MIN = 50

/**
 * A weight per training row: a user with more rows than are counted has them count less, so that together they weigh as
 * much as those of a user with just so many. Without a user above it all weigh 1, and no weights are given.
 *
 * @param rowsMax left out: ten times the rows of the median user, 50 at least
 */
export function balanceUsers(
  users: readonly string[],
  testUsers: readonly string[],
  rowsMax?: number,
): { weights: Float32Array | undefined; balance: UserBalance } {
  const rows = new Map<string, number>()
  for (const user of users) rows.set(user, (rows.get(user) ?? 0) + 1)
  const counts = [...rows.values()].sort((one, other) => one - other)
  const median = counts[Math.floor(counts.length / 2)] ?? 0
  const rowsCounted = rowsMax ?? Math.max(ROWS_COUNTED_MIN, TIMES_MEDIAN * median)
  const capped = counts.filter((count) => count > rowsCounted).length
  const inTest = new Set(testUsers)
  const seen = [...inTest].filter((user) => rows.has(user)).length
  return {
    weights:
      capped === 0
        ? undefined
        : Float32Array.from(users, (user) => Math.min(1, rowsCounted / rows.get(user)!)),
    balance: {
      users: rows.size,
      rowsCounted,
      capped,
      busiestShare: {
        before: busiestShare(counts),
        after: busiestShare(counts.map((count) => Math.min(count, rowsCounted))),
      },
      testUsers: { seen, unseen: inTest.size - seen },
    },
  }
}

/** @param counts in rising order */
function busiestShare(counts: readonly number[]): number {
  const busiest = Math.max(1, Math.ceil(counts.length / 100))
  const sum = (some: readonly number[]) => some.reduce((total, count) => total + count, 0)
  return counts.length === 0 ? 0 : sum(counts.slice(-busiest)) / sum(counts)
}
