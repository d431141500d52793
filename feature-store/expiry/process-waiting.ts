import type { ActivityTold } from '../stages/partition-activity.ts'

/** How many entities had to make room, and lie in Redis until they are removed, beside those that count: by partition. */
export interface Waiting {
  told(told: Pick<ActivityTold, 'tag' | 'entities' | 'dropped'>): void
  /** The partitions told of. */
  tags(): Set<string>
  /** As it is now: what a removal that begins now removes. */
  all(): ReadonlyMap<string, number>
  removed(waited: ReadonlyMap<string, number>): void
  /** Whether more than so many wait, and more than such a share of those that count. */
  exceeds(least: number, share: number): boolean
  /** Until something was removed, and not longer than this. */
  less(withinMs: number): Promise<void>
}

export function createWaiting(): Waiting {
  const counted = new Map<string, { entities: number; waiting: number }>()
  const wakes = new Set<() => void>()
  const sum = (of: 'entities' | 'waiting') => [...counted.values()].reduce((total, one) => total + one[of], 0)
  return {
    told({ tag, entities, dropped }) {
      counted.set(tag, { entities, waiting: dropped + (counted.get(tag)?.waiting ?? 0) })
    },
    tags: () => new Set(counted.keys()),
    all: () => new Map([...counted].map(([tag, { waiting }]) => [tag, waiting])),
    removed(waited) {
      for (const [tag, count] of waited) counted.get(tag)!.waiting -= count
      for (const wake of wakes) wake()
    },
    exceeds: (least, share) => sum('waiting') >= Math.max(least, sum('entities') * share),
    less: (withinMs) =>
      new Promise((resolve) => {
        const wake = () => {
          clearTimeout(timer)
          wakes.delete(wake)
          resolve()
        }
        const timer = setTimeout(wake, withinMs).unref()
        wakes.add(wake)
      }),
  }
}
