import { entropyOf, type Forecast, logLossOf, requestOrder } from '../../metrics/index.ts'
import { byRequest } from './backtest-metrics.ts'
import { bootstrapUsers, type Estimate } from './bootstrap.ts'

/** How much one is better than another on the same rows: with the interval that other users would give in 95 of 100 cases. */
export interface Paired {
  normalizedEntropy: Interval | null
  groupedAuc: Interval | null
}

export interface Interval {
  /** Of the one less of the other. */
  difference: number
  low: number
  high: number
}

export interface PairedRows {
  /** Of each row. */
  users: ArrayLike<number>
  requests: ArrayLike<number>
  one: readonly Forecast[]
  /** Same rows in the same order. */
  other: readonly Forecast[]
}

/** What a user brings into the sums. */
type UserSums = ReturnType<typeof emptySums>

/** Both are measured on the same draws of users. */
export function pairedDifference(rows: PairedRows, seed: string): Paired {
  const { normalizedEntropy, groupedAuc } = bootstrapUsers(
    sumsByUser(rows),
    { normalizedEntropy: entropyDifference, groupedAuc: orderDifference },
    seed,
  )
  return { normalizedEntropy: intervalOf(normalizedEntropy), groupedAuc: intervalOf(groupedAuc) }
}

function intervalOf(estimate: Estimate | null): Interval | null {
  if (estimate === null) return null
  const { value: difference, low, high } = estimate
  return { difference, low, high }
}

function sumsByUser({ users, requests, one, other }: PairedRows): UserSums[] {
  const sums = new Map<number, UserSums>()
  const sumsOf = (user: number) => {
    const known = sums.get(user) ?? emptySums()
    sums.set(user, known)
    return known
  }
  for (let row = 0; row < one.length; row++) {
    const { score, label } = one[row]!
    const sum = sumsOf(users[row]!)
    sum.rows += 1
    sum.positives += label
    sum.loss += logLossOf(score, label) - logLossOf(other[row]!.score, label)
  }
  let row = 0
  const others = byRequest(other, requests)
  for (const shown of byRequest(one, requests)) {
    const compared = others.next().value as Forecast[]
    const order = requestOrder(shown)
    if (order !== null) {
      const sum = sumsOf(users[row]!)
      sum.requests += 1
      sum.auc += order.auc - requestOrder(compared)!.auc
    }
    row += shown.length
  }
  return [...sums.values()]
}

const emptySums = () => ({
  rows: 0,
  positives: 0,
  /** Log-loss of the one less that of the other. */
  loss: 0,
  requests: 0,
  /** Grouped AUC likewise. */
  auc: 0,
})

function entropyDifference({ rows, positives, loss }: UserSums): number | null {
  const entropy = rows === 0 ? 0 : entropyOf(positives / rows)
  return entropy === 0 ? null : loss / rows / entropy
}

const orderDifference = ({ requests, auc }: UserSums) => (requests === 0 ? null : auc / requests)
