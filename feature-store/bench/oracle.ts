import type { Interaction } from '#schemas'
import { BUCKET_MINUTES, HALF_LIFE_MINUTES, WINDOW_MINUTES } from './bench-features.ts'
import { interactionsOf, type Workload } from './workload.ts'

/** What must be known of one user or item in the end, computed the plain way. */
export interface Expected {
  views: number
  clicks: number
  /** Clicks faded to the time of the newest interaction. */
  decayed: number
  /** Clicks in the buckets of the last hour, as of the newest bucket that holds one. */
  windowed: number
  /** Event time of the newest interaction. */
  lastAtMs: number
}

const HALF_LIFE_MS = HALF_LIFE_MINUTES * 60_000
const BUCKET_MS = BUCKET_MINUTES * 60_000
const BUCKETS = WINDOW_MINUTES / BUCKET_MINUTES

/** Users and items share a map: their ids differ. */
export function expectedOf(workload: Workload): Map<string, Expected> {
  const clickTimes = new Map<string, number[]>()
  const expected = new Map<string, Expected>()
  function count(id: string, { type, occurredAtMs }: Interaction): void {
    let known = expected.get(id)
    if (known === undefined)
      expected.set(id, (known = { views: 0, clicks: 0, decayed: 0, windowed: 0, lastAtMs: 0 }))
    known.lastAtMs = Math.max(known.lastAtMs, occurredAtMs)
    if (type === 'view') known.views++
    if (type !== 'click') return
    known.clicks++
    const times = clickTimes.get(id)
    if (times === undefined) clickTimes.set(id, [occurredAtMs])
    else times.push(occurredAtMs)
  }
  for (const interaction of interactionsOf(workload)) {
    count(interaction.userId, interaction)
    count(interaction.itemId, interaction)
  }
  for (const [id, times] of clickTimes) {
    const known = expected.get(id)!
    const newestBucket = Math.floor(times.reduce((newest, time) => Math.max(newest, time)) / BUCKET_MS)
    for (const time of times) {
      known.decayed += 2 ** (-(known.lastAtMs - time) / HALF_LIFE_MS)
      if (newestBucket - Math.floor(time / BUCKET_MS) < BUCKETS) known.windowed++
    }
  }
  return expected
}

/** Numbers that went through another order of additions may differ in their last digits. */
const RELATIVE_TOLERANCE = 1e-9

export function agrees(expected: Expected, found: Expected | null): boolean {
  if (found === null) return false
  return (Object.keys(expected) as (keyof Expected)[]).every(
    (field) =>
      Math.abs(expected[field] - found[field]) <= RELATIVE_TOLERANCE * Math.max(1, Math.abs(expected[field])),
  )
}
