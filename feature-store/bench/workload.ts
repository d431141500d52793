import type { Interaction } from '#schemas'
import { createChance } from '#schemas/testing'

/** What the features benchmark plays: the same for every contestant, regenerated from its numbers wherever needed. */
export interface Workload {
  interactions: number
  users: number
  items: number
  partitions: number
  /** Of the Zipf law users are drawn by; 0: all alike. */
  userExponent: number
  seed: number
  /** Each interaction is one of a user and an item that never came before. */
  strangers?: true
}

export const WORKLOAD: Workload = {
  interactions: 500_000,
  users: 20_000,
  items: 5_000,
  partitions: 4,
  userExponent: 1.05,
  seed: 12_345,
}

export const TYPES = ['view', 'click', 'like', 'share', 'hide'] as const
const TYPE_SHARES = [0.8, 0.93, 0.97, 0.99, 1]
const START_MS = 1_767_225_600_000
const ITEM_EXPONENT = 1.1

/** Interactions in the order in which they are produced; event time moves by 1 ms, give or take 50. */
export function* interactionsOf({
  interactions,
  users,
  items,
  userExponent,
  seed,
  strangers,
}: Workload): Generator<Interaction> {
  const random = createChance(seed)
  let stranger = 0
  const user = strangers ? () => stranger : zipf(users, userExponent, random)
  const item = strangers ? () => stranger++ : zipf(items, ITEM_EXPONENT, random)
  for (let n = 0; n < interactions; n++) {
    const share = random()
    yield {
      interactionId: `e${padded(n, 15)}`,
      userId: `user-${padded(user(), 7)}`,
      itemId: `item-${padded(item(), 6)}`,
      type: TYPES[TYPE_SHARES.findIndex((upTo) => share < upTo)]!,
      occurredAtMs: START_MS + n + Math.floor(random() * 50),
      requestId: `req-${padded(n >> 4, 12)}`,
      position: n % 20,
      value: Math.floor(random() * 30_000) / 1_000,
    }
  }
}

/** Ranks 0 .. count-1, rank k with a weight of 1 / (k + 1) ^ exponent. */
function zipf(count: number, exponent: number, random: () => number): () => number {
  const cumulated = new Float64Array(count)
  let total = 0
  for (let k = 0; k < count; k++) cumulated[k] = total += 1 / (k + 1) ** exponent
  return () => {
    const wanted = random() * total
    let low = 0
    let high = count - 1
    while (low < high) {
      const middle = (low + high) >> 1
      if (cumulated[middle]! < wanted) low = middle + 1
      else high = middle
    }
    return low
  }
}

const padded = (value: number, digits: number) => String(value).padStart(digits, '0')
