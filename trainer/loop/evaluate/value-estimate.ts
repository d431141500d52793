import { bootstrapUsers, type Estimate } from '../backtest/bootstrap.ts'
import type { TestTable } from '../train/index.ts'

export interface ValueOptions {
  /** Money that one positive is worth; left out: told in positives. */
  valuePerClick?: number | undefined
  requestsPerDay?: number | undefined
  label: string
}

/** From a metric to what it is worth. */
export interface ValueEstimate {
  /** What is compared. */
  way: 'best of each list' | 'best tenth'
  /** Requests (or rows) it was measured on. */
  measuredOn: number
  /** Positives per 1,000 decisions by the model, without it, and the difference, with 95 % of resampled users. */
  byModel: Estimate | null
  without: Estimate | null
  gained: Estimate | null
  /** Per day, where --requests-per-day is given: positives, and money where --value-per-click is. */
  perDay: Estimate | null
  moneyPerDay: Estimate | null
  /** Requests in each arm of a test on live traffic that shows this difference in four of five tries. */
  requestsPerArm: number | null
  assumptions: readonly string[]
  sentence: string
}

const TENTH = 0.1
const PER = 1_000
/** 80 % power at 5 %: 2 x (1.96 + 0.84)^2. */
const POWER = 15.7
/** Of fewer the approximation by a normal distribution says nothing. */
const ARM_MIN = 100
const POSITIVES_MIN = 30

/** Counts over the lists of a user. */
type UserSums = { decisions: number; model: number; without: number }

/**
 * What deciding by the model brings on the test rows, against deciding without it. Where requests have lists: the first of each list.
 * Where each row stands alone: the tenth of the rows that score most.
 */
export function valueOf(test: TestTable, options: ValueOptions): ValueEstimate {
  const lists = byLists(test)
  const isLists = lists.length > 0
  const users = sumsByUser(isLists ? lists : byRows(test))
  const per = (of: (sums: UserSums) => number) => (sums: UserSums) =>
    sums.decisions === 0 ? null : (PER * of(sums)) / sums.decisions
  const { byModel, without, gained } = bootstrapUsers(
    users,
    {
      byModel: per(({ model }) => model),
      without: per(({ without: other }) => other),
      gained: per(({ model, without: other }) => model - other),
    },
    'value',
  )
  const { valuePerClick, requestsPerDay } = options
  const perDay =
    requestsPerDay === undefined ? null : scaled(gained, (requestsPerDay * (isLists ? 1 : TENTH)) / PER)
  const measuredOn = users.reduce((sum, { decisions }) => sum + decisions, 0)
  const way = isLists ? 'best of each list' : 'best tenth'
  const positives = test.labels.reduce((sum, one) => sum + one, 0)
  const parts = { way, measuredOn, byModel, without, gained, perDay } as const
  return {
    ...parts,
    moneyPerDay: valuePerClick === undefined ? null : scaled(perDay, valuePerClick),
    requestsPerArm: requestsPerArm(byModel, without),
    assumptions: assumptionsOf(isLists, options),
    sentence: sentenceOf({ ...parts, positives }, options),
  }
}

interface Decision {
  user: string
  model: number
  without: number
}

/** Of lists with a choice: the label of the item that scores most (ties share), and of one by chance. */
function byLists({ count, requests, userIds, labels, scores }: TestTable): Decision[] {
  const decisions: Decision[] = []
  for (let from = 0; from < count;) {
    let to = from
    let best = -Infinity
    let [ties, inTie, positives] = [0, 0, 0]
    for (; to < count && requests[to] === requests[from]; to++) {
      const [score, label] = [scores[to]!, labels[to]!]
      positives += label
      if (score > best) [best, ties, inTie] = [score, 1, label]
      else if (score === best) [ties, inTie] = [ties + 1, inTie + label]
    }
    if (to - from > 1)
      decisions.push({ user: userIds[from]!, model: inTie / ties, without: positives / (to - from) })
    from = to
  }
  return decisions
}

function byRows({ count, userIds, labels, scores }: TestTable): Decision[] {
  const order = Array.from({ length: count }, (_, row) => row).sort(
    (one, other) => scores[other]! - scores[one]!,
  )
  const rate = labels.reduce((sum, label) => sum + label, 0) / count
  return order
    .slice(0, Math.max(1, Math.round(count * TENTH)))
    .map((row) => ({ user: userIds[row]!, model: labels[row]!, without: rate }))
}

function sumsByUser(decisions: readonly Decision[]): UserSums[] {
  const sums = new Map<string, UserSums>()
  for (const { user, model, without } of decisions) {
    const sum = sums.get(user) ?? { decisions: 0, model: 0, without: 0 }
    sums.set(user, sum)
    sum.decisions += 1
    sum.model += model
    sum.without += without
  }
  return [...sums.values()]
}

function scaled(estimate: Estimate | null, by: number): Estimate | null {
  if (estimate === null) return null
  const { value, low, high } = estimate
  return { value: value * by, low: low * by, high: high * by }
}

function requestsPerArm(byModel: Estimate | null, without: Estimate | null): number | null {
  if (byModel === null || without === null || byModel.value <= without.value) return null
  const mean = (byModel.value + without.value) / 2 / PER
  return Math.max(
    ARM_MIN,
    Math.ceil((POWER * mean * (1 - mean)) / ((byModel.value - without.value) / PER) ** 2),
  )
}

function assumptionsOf(isLists: boolean, { valuePerClick, requestsPerDay, label }: ValueOptions): string[] {
  return [
    isLists
      ? 'Only the first item of each list is counted, chosen among what was shown; "without" takes any of them with the same chance.'
      : 'Each row is a decision of its own: only the tenth with the highest scores is acted on; "without" takes any tenth.',
    `What people did with an item is taken as what they would do if the model had put it there: places are not corrected for, and nobody gets tired of anything.`,
    'The days to come are like the test days.',
    requestsPerDay === undefined
      ? 'No number of requests a day was given (--requests-per-day): told per 1,000.'
      : `${count(requestsPerDay)} requests a day.`,
    valuePerClick === undefined
      ? `No value of a ${label} was given (--value-per-click): told in ${label}s.`
      : `A ${label} is worth ${String(valuePerClick)}.`,
  ]
}

type Measured = Pick<ValueEstimate, 'way' | 'byModel' | 'without' | 'gained' | 'perDay'> & {
  positives: number
}

function sentenceOf(
  { way, byModel, without, gained, perDay, positives }: Measured,
  { label, valuePerClick }: ValueOptions,
): string {
  if (byModel === null || without === null || gained === null)
    return 'There is nothing to measure a value on.'
  if (positives < POSITIVES_MIN)
    return `With ${String(positives)} ${label}s in the test rows no value can be told: the figures are chance.`
  const decisions = way === 'best of each list' ? 'lists' : 'of the best tenth of rows'
  const money =
    perDay === null
      ? ''
      : ` That is ${ranged(perDay, 0)} ${label}s a day${valuePerClick === undefined ? '' : `, or ${ranged(scaled(perDay, valuePerClick)!, 2)} in money`}.`
  const more = gained.value < 0 ? 'more (so fewer)' : 'more'
  const doubt = gained.low <= 0 ? ' That can be chance: the interval reaches below nothing.' : ''
  return `Per 1,000 ${decisions} the model's choice got ${byModel.value.toFixed(1)} ${label}s and a choice without it ${without.value.toFixed(1)}: ${ranged(gained, 1)} ${more}.${money}${doubt}`
}

const count = (value: number) => value.toLocaleString('en-US')

export function ranged({ value, low, high }: Estimate, digits: number): string {
  const told = (number: number) =>
    number.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })
  return `${told(value)} (${told(low)} to ${told(high)})`
}
