import { joinedId } from '#schemas'
import { createLazyHeap } from './pending/lazy-heap.ts'
import type { SourceOffset } from './source-offset.ts'

/** What a source said of a shown item. */
export interface JoinOutcome {
  requestId: string
  userId: string
  itemId: string
  type: string
  occurredAtMs: number
  /** 0-based place at which it was shown; null: not told. */
  position: number | null
}

/** With the topic that told it. */
export interface ToldOutcome extends JoinOutcome {
  source: string
}

export interface EarlyGroup {
  outcomes: ToldOutcome[]
  /** Smallest offset per source of the records it was made of. */
  offsets: Map<string, number>
  expiresAtMs: number
}

/** Outcomes that were read before their prediction, by request and user: of another user's they wait in vain. */
export interface EarlyOutcomes {
  /** @returns false: there is no room */
  hold(outcome: JoinOutcome, at: SourceOffset): boolean
  /** Gives those of a request and its user away. */
  take(request: { requestId: string; userId: string }): EarlyGroup | undefined
  /** Forgets those of a user that were read before this offset of any of these sources. @returns how many */
  erase(userId: string, upTo: ReadonlyMap<string, number>): number
  /** @returns how many waited in vain */
  expire(streamTimeMs: number): number
  /** Event time at which the next ones expire; Infinity: none wait. */
  nextExpiryMs(): number
  /** Smallest offset of this source that is still needed; Infinity: none. */
  neededOffset(source: string): number
  readonly count: number
}

interface NumberedGroup extends EarlyGroup {
  key: string
  number: number
}

/** Heaps know groups by number; it begins anew after this one, when the first is long gone. */
const NUMBER_MAX = 2 ** 32 - 1

/** @param waitMs event time that each is held, after the last of its request */
export function createEarlyOutcomes({
  waitMs,
  countMax,
  sources,
}: {
  waitMs: number
  countMax: number
  sources: readonly string[]
}): EarlyOutcomes {
  const groups = new Map<string, NumberedGroup>()
  const byNumber = new Map<number, NumberedGroup>()
  const expiries = createLazyHeap((number) => byNumber.get(number)?.expiresAtMs ?? NaN)
  const offsets = new Map(
    sources.map((source) => [source, createLazyHeap((at) => byNumber.get(at)?.offsets.get(source) ?? NaN)]),
  )
  let count = 0
  let lastNumber = 0

  function addGroup(key: string): NumberedGroup {
    lastNumber = (lastNumber % NUMBER_MAX) + 1
    const group = { key, number: lastNumber, outcomes: [], offsets: new Map(), expiresAtMs: -Infinity }
    groups.set(key, group)
    byNumber.set(group.number, group)
    return group
  }

  function remove(group: NumberedGroup): void {
    groups.delete(group.key)
    byNumber.delete(group.number)
    count -= group.outcomes.length
  }

  return {
    hold(outcome, { source, offset }) {
      if (count >= countMax) return false
      const key = keyOf(outcome)
      const group = groups.get(key) ?? addGroup(key)
      group.outcomes.push({ ...outcome, source })
      count += 1
      const expiresAtMs = outcome.occurredAtMs + waitMs
      if (expiresAtMs > group.expiresAtMs) {
        group.expiresAtMs = expiresAtMs
        expiries.push(expiresAtMs, group.number)
      }
      if (offset < (group.offsets.get(source) ?? Infinity)) {
        group.offsets.set(source, offset)
        offsets.get(source)!.push(offset, group.number)
      }
      return true
    },
    take(request) {
      const group = groups.get(keyOf(request))
      if (group !== undefined) remove(group)
      return group
    },
    erase(userId, upTo) {
      const before = count
      for (const group of [...groups.values()]) {
        const isBefore = [...group.offsets].some(([source, offset]) => offset < (upTo.get(source) ?? 0))
        if (isBefore && group.outcomes[0]!.userId === userId) remove(group)
      }
      return before - count
    },
    expire(streamTimeMs) {
      let expired = 0
      while (count > 0 && expiries.topKey() <= streamTimeMs) {
        const group = byNumber.get(expiries.pop())!
        remove(group)
        expired += group.outcomes.length
      }
      return expired
    },
    nextExpiryMs: () => expiries.topKey(),
    neededOffset: (source) => offsets.get(source)!.topKey(),
    get count() {
      return count
    },
  }
}

const keyOf = ({ requestId, userId }: { requestId: string; userId: string }) =>
  joinedId('/', [requestId, userId])
