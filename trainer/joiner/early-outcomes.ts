import { joinedId } from '#schemas'
import { type Held, noteOffset, type SourceOffset } from './needed-offsets.ts'

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

export interface EarlyGroup extends Held {
  outcomes: ToldOutcome[]
  expiresAtMs: number
}

/** Outcomes that were read before their prediction, by request and user: of another user's they wait in vain. */
export interface EarlyOutcomes {
  /** @returns event time until which its request is held; undefined: there is no room */
  hold(outcome: JoinOutcome, at: SourceOffset): number | undefined
  /** Gives those of a request and its user away. */
  take(request: { requestId: string; userId: string }): EarlyGroup | undefined
  /** @returns how many waited in vain */
  expire(streamTimeMs: number): number
  groups(): Iterable<EarlyGroup>
  readonly count: number
}

/** @param waitMs event time that each is held, after the last of its request */
export function createEarlyOutcomes({
  waitMs,
  countMax,
}: {
  waitMs: number
  countMax: number
}): EarlyOutcomes {
  const early = new Map<string, EarlyGroup>()
  let count = 0

  return {
    hold(outcome, at) {
      if (count >= countMax) return undefined
      const { occurredAtMs } = outcome
      const key = keyOf(outcome)
      const held: EarlyGroup = early.get(key) ?? {
        outcomes: [],
        offsets: new Map(),
        expiresAtMs: -Infinity,
      }
      early.set(key, held)
      held.outcomes.push({ ...outcome, source: at.source })
      held.expiresAtMs = Math.max(held.expiresAtMs, occurredAtMs + waitMs)
      noteOffset(held, at)
      count += 1
      return held.expiresAtMs
    },
    take(request) {
      const key = keyOf(request)
      const held = early.get(key)
      if (held === undefined) return undefined
      early.delete(key)
      count -= held.outcomes.length
      return held
    },
    expire(streamTimeMs) {
      let expired = 0
      for (const [key, { outcomes, expiresAtMs }] of early) {
        if (expiresAtMs > streamTimeMs) continue
        early.delete(key)
        expired += outcomes.length
      }
      count -= expired
      return expired
    },
    groups: () => early.values(),
    get count() {
      return count
    },
  }
}

const keyOf = ({ requestId, userId }: { requestId: string; userId: string }) =>
  joinedId('/', [requestId, userId])
