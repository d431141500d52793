import { spreadOf } from '#streams/testing'

/** A fenced write, as its owner saw it answered. */
export interface AppliedWrite {
  side: 'user' | 'item'
  partition: number
  /** User side: everything below is visible. */
  nextOffset: number
  /** Item side: highest source offset visible, per source partition. */
  sourceHighs: ReadonlyMap<number, number>
  /** Wall clock. */
  atMs: number
}

/** An interaction that was sent. */
export interface Sent {
  partition: number
  offset: number
  /** Partition of its item's copies. */
  itemPartition: number
  /** When it was due, whatever became of those before it. */
  intendedMs: number
}

/**
 * Interactions per second that became visible, for users and for items, while they were offered: between these two
 * moments (wall clock, ms).
 */
export function carriedPerSecond(
  sent: readonly Sent[],
  { user, item }: { user: readonly number[]; item: readonly number[] },
  fromMs: number,
  toMs: number,
): number {
  let count = 0
  for (const [n, { intendedMs }] of sent.entries()) {
    const visibleMs = intendedMs + Math.max(user[n]!, item[n]!)
    if (visibleMs > fromMs && visibleMs <= toMs) count++
  }
  return (count * 1_000) / (toMs - fromMs)
}

export interface Quantiles {
  p50: number
  p99: number
  p999: number
}

/**
 * Milliseconds from when each interaction was due until the write that holds it was answered. Open loop: an
 * interaction that had to wait behind others counts from its own time (no coordinated omission).
 *
 * @throws Error when one never became visible
 */
export function freshnessOf(
  sent: readonly Sent[],
  writes: readonly AppliedWrite[],
): { user: number[]; item: number[] } {
  const users = new Map<number, Step[]>()
  const items = new Map<string, Step[]>()
  for (const { side, partition, nextOffset, sourceHighs, atMs } of writes) {
    if (side === 'user') stepsOf(users, partition).push({ upTo: nextOffset - 1, atMs })
    else
      for (const [source, upTo] of sourceHighs) stepsOf(items, `${partition}/${source}`).push({ upTo, atMs })
  }
  const user: number[] = []
  const item: number[] = []
  for (const { partition, offset, itemPartition, intendedMs } of sent) {
    user.push(visibleAt(users.get(partition), offset) - intendedMs)
    item.push(visibleAt(items.get(`${itemPartition}/${partition}`), offset) - intendedMs)
  }
  return { user, item }
}

interface Step {
  upTo: number
  atMs: number
}

function stepsOf<K>(all: Map<K, Step[]>, key: K): Step[] {
  let steps = all.get(key)
  if (steps === undefined) all.set(key, (steps = []))
  return steps
}

/** Steps never go back. */
function visibleAt(steps: readonly Step[] | undefined, offset: number): number {
  let low = 0
  let high = steps?.length ?? 0
  while (low < high) {
    const middle = (low + high) >> 1
    if (steps![middle]!.upTo < offset) low = middle + 1
    else high = middle
  }
  const step = steps?.[low]
  if (step === undefined) throw new Error(`offset ${String(offset)} never became visible`)
  return step.atMs
}

export function quantilesOf(values: readonly number[]): Quantiles {
  const sorted = Float64Array.from(values).sort()
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN
  return { p50: at(0.5), p99: at(0.99), p999: at(0.999) }
}

/**
 * The 99th percentile of each second by itself, in the median of all seconds (ms): how it is while nothing else on the machine
 * gets in the way. Beside the percentile of the whole, never instead: a fifth of a second in twenty seconds may make that.
 */
export function medianSecondP99(sent: readonly Sent[], delays: readonly number[]): number {
  const seconds = new Map<number, number[]>()
  const beganMs = sent[0]?.intendedMs ?? 0
  for (const [n, { intendedMs }] of sent.entries()) {
    const second = Math.floor((intendedMs - beganMs) / 1_000)
    let those = seconds.get(second)
    if (those === undefined) seconds.set(second, (those = []))
    those.push(delays[n]!)
  }
  return spreadOf(Array.from(seconds.values(), (those) => quantilesOf(those).p99)).median
}
