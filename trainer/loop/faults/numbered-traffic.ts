import type { Attribute, Interaction, Item, RankRequest, User } from '#schemas'
import { createChance } from '#schemas/testing'

/**
 * Traffic whose every record has a number, and can be made again from it alone: who knows the workload and which
 * numbers were acknowledged knows what must have come of it.
 */
export interface Workload {
  seed: number
  interactions: number
  users: number
  items: number
  /** Rank requests, numbered on their own. */
  requests: number
  candidates: number
  /** Event time between two numbers. */
  everyMs: number
}

export const WORKLOAD_START_MS = 1_690_000_000_000
const CATEGORIES = 8
const TYPES = ['view', 'view', 'view', 'view', 'click', 'like', 'hide']
const UNKNOWN_ITEM_SHARE = 0.03
const LATE_SHARE = 0.1
const LATE_MS_MAX = 3_600_000

export const workloadOf = (given: Partial<Workload> & { seed: number }): Workload => ({
  interactions: 0,
  users: 300,
  items: 200,
  requests: 0,
  candidates: 10,
  everyMs: 500,
  ...given,
})

/** Low numbers come more often: some users and items are hot. */
const skewed = (chance: number, count: number) => Math.floor(chance * chance * count)
const streamOf = ({ seed }: Workload, kind: number, n: number) =>
  createChance(Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(4 * n + kind, 0x85ebca6b))

/** Some late, some of items that nobody has described. */
export function interactionOf(workload: Workload, n: number): Interaction {
  const chance = streamOf(workload, 0, n)
  const nowMs = WORKLOAD_START_MS + n * workload.everyMs
  const userId = `u${String(skewed(chance(), workload.users))}`
  const isUnknown = chance() < UNKNOWN_ITEM_SHARE
  const itemId = isUnknown
    ? `unknown${String(Math.floor(chance() * 5))}`
    : `i${String(skewed(chance(), workload.items))}`
  const type = TYPES[Math.floor(chance() * TYPES.length)]!
  const lateMs = chance() < LATE_SHARE ? Math.floor(chance() * LATE_MS_MAX) : 0
  const common = { requestId: null, position: null, value: null }
  return { interactionId: `x${String(n)}`, userId, itemId, type, occurredAtMs: nowMs - lateMs, ...common }
}

export function requestOf(workload: Workload, n: number): RankRequest {
  const chance = streamOf(workload, 1, n)
  const userId = `u${String(skewed(chance(), workload.users))}`
  const first = Math.floor(chance() * workload.items)
  const candidates = Array.from(
    { length: Math.min(workload.candidates, workload.items) },
    (_, k) => `i${String((first + k) % workload.items)}`,
  )
  const occurredAtMs = WORKLOAD_START_MS + n * workload.everyMs
  return { requestId: `r${String(n)}`, userId, occurredAtMs, candidates, context: [] }
}

/** What folds look up of an item; null for one that was never described. */
export function attributesOf(workload: Workload, itemId: string): { category: string; price: number } | null {
  if (!itemId.startsWith('i')) return null
  const number = Number(itemId.slice(1))
  return { category: `c${String(number % CATEGORIES)}`, price: streamOf(workload, 2, number)() }
}

/** Everything that is there before the first interaction; late ones included, described before they happen. */
const DECLARED_AT_MS = WORKLOAD_START_MS - LATE_MS_MAX - 1

export function* declaredUsers({ users }: Workload): Iterable<User> {
  for (let n = 0; n < users; n++) {
    const attributes: Attribute[] = [{ name: 'segment', text: `s${String(n % 4)}`, number: null }]
    yield { userId: `u${String(n)}`, occurredAtMs: DECLARED_AT_MS, attributes }
  }
}

export function* declaredItems(workload: Workload): Iterable<Item> {
  for (let n = 0; n < workload.items; n++) {
    const itemId = `i${String(n)}`
    const { category, price } = attributesOf(workload, itemId)!
    const attributes: Attribute[] = [
      { name: 'category', text: category, number: null },
      { name: 'price', text: null, number: price },
    ]
    yield { itemId, occurredAtMs: DECLARED_AT_MS, attributes }
  }
}

/** The number in an interaction's or a request's id; null when it is none of ours. */
export function numberOf(id: string): number | null {
  const [, digits] = /^[xr](\d+)$/.exec(id) ?? []
  return digits === undefined ? null : Number(digits)
}
