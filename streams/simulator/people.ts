import type { Attribute, User } from '#schemas'
import type { SimulatorConfig } from './config.ts'
import { createRandom } from './random.ts'

export interface Person {
  userId: string
  segment: number
  /** Log-odds per category, the flood's included. */
  tastes: number[]
  /** How much price matters, about 1. */
  thrift: number
}

export interface People {
  readonly all: readonly Person[]
  byId(userId: string): Person | undefined
  /** The next to open the feed, by a uniform draw in [0, 1): a few come often, most seldom (Zipf). */
  visitor(draw: number): Person
}

/** People: a segment each, tastes half of the segment's and half of their own. Cost per visitor O(log people). */
export function createPeople(seed: string, config: SimulatorConfig): People {
  const random = createRandom(`${seed}/people`)
  const categoryCount = config.categories + 1
  const taste = () => config.tasteSpread * Math.SQRT1_2 * random.normal()
  const segmentTastes = Array.from({ length: config.segments }, () =>
    Array.from({ length: categoryCount }, taste),
  )
  const all = Array.from({ length: config.usersMax }, (_, index): Person => {
    const segment = random.int(config.segments)
    return {
      userId: `u${String(index)}`,
      segment,
      tastes: segmentTastes[segment]!.map((shared) => shared + taste()),
      thrift: random.logNormal(1, 0.3),
    }
  })
  const cumulative = cumulativeZipf(all.length, config.popularityExponent / 2)
  const byUserId = new Map(all.map((person) => [person.userId, person]))
  return {
    all,
    byId: (userId) => byUserId.get(userId),
    visitor: (draw) => all[firstAbove(cumulative, draw)]!,
  }
}

export function userRecord(person: Person, atMs: number): User {
  const attributes: Attribute[] = [{ name: 'segment', text: `s${String(person.segment)}`, number: null }]
  return { userId: person.userId, occurredAtMs: atMs, attributes }
}

/** Cumulative shares of weights 1/1^s, 1/2^s, ...; the last is 1. */
export function cumulativeZipf(count: number, exponent: number): Float64Array {
  const cumulative = new Float64Array(count)
  let total = 0
  for (let rank = 0; rank < count; rank++) cumulative[rank] = total += (rank + 1) ** -exponent
  return cumulative.map((sum) => sum / total)
}

function firstAbove(cumulative: Float64Array, draw: number): number {
  let [low, high] = [0, cumulative.length - 1]
  while (low < high) {
    const middle = (low + high) >> 1
    if (cumulative[middle]! > draw) high = middle
    else low = middle + 1
  }
  return low
}
