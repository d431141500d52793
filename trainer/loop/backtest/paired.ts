import { createRandom } from '#streams'
import { entropyOf, type Forecast, logLossOf, requestOrder } from '../../metrics/index.ts'
import { byRequest } from './backtest-metrics.ts'

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

const RESAMPLES = 500
const TAIL = 0.025

/** What a user brings into the sums. */
interface UserSums {
  rows: number
  positives: number
  /** Log-loss of the one less that of the other. */
  loss: number
  requests: number
  /** Grouped AUC likewise. */
  auc: number
}

/**
 * Percentile bootstrap over users, paired: each resample draws as many users as there are, with replacement, and both are
 * measured on the same ones. Rows of one user depend on each other, so users are drawn, not rows.
 * O(rows + resamples x users).
 *
 * @see B. Efron and R. Tibshirani (1993), An Introduction to the Bootstrap, chapters 8 and 13.
 */
export function pairedDifference(rows: PairedRows, seed: string): Paired {
  const users = sumsByUser(rows)
  const all = entropyDifference(totalOf(users))
  const order = orderDifference(totalOf(users))
  const entropies: number[] = []
  const orders: number[] = []
  const random = createRandom(`${seed}/bootstrap`)
  for (let resample = 0; resample < RESAMPLES; resample++) {
    const total = emptySums()
    for (let draw = 0; draw < users.length; draw++) addSums(total, users[random.int(users.length)]!)
    const entropy = entropyDifference(total)
    if (entropy !== null) entropies.push(entropy)
    const auc = orderDifference(total)
    if (auc !== null) orders.push(auc)
  }
  return { normalizedEntropy: intervalOf(all, entropies), groupedAuc: intervalOf(order, orders) }
}

function intervalOf(difference: number | null, drawn: number[]): Interval | null {
  if (difference === null || drawn.length === 0) return null
  drawn.sort((left, right) => left - right)
  const at = (share: number) => drawn[Math.min(drawn.length - 1, Math.floor(share * drawn.length))]!
  return { difference, low: at(TAIL), high: at(1 - TAIL) }
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

const emptySums = (): UserSums => ({ rows: 0, positives: 0, loss: 0, requests: 0, auc: 0 })

function addSums(into: UserSums, { rows, positives, loss, requests, auc }: UserSums): void {
  into.rows += rows
  into.positives += positives
  into.loss += loss
  into.requests += requests
  into.auc += auc
}

function totalOf(users: readonly UserSums[]): UserSums {
  const total = emptySums()
  for (const user of users) addSums(total, user)
  return total
}

function entropyDifference({ rows, positives, loss }: UserSums): number | null {
  const entropy = rows === 0 ? 0 : entropyOf(positives / rows)
  return entropy === 0 ? null : loss / rows / entropy
}

const orderDifference = ({ requests, auc }: UserSums) => (requests === 0 ? null : auc / requests)
