import { type Held, noteOffset, type SourceOffset } from './needed-offsets.ts'

/** What a source said of a shown item. */
export interface JoinOutcome {
  requestId: string
  itemId: string
  type: string
  occurredAtMs: number
}

/** With the topic that told it. */
export interface ToldOutcome extends JoinOutcome {
  source: string
}

export interface EarlyGroup extends Held {
  outcomes: ToldOutcome[]
  expiresAtMs: number
}

/** Outcomes that were read before their prediction, by request. */
export interface EarlyOutcomes {
  /** @returns event time until which its request is held; undefined: there is no room */
  hold(outcome: JoinOutcome, at: SourceOffset): number | undefined
  /** Gives those of a request away. */
  take(requestId: string): EarlyGroup | undefined
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
      const { requestId, occurredAtMs } = outcome
      const held: EarlyGroup = early.get(requestId) ?? {
        outcomes: [],
        offsets: new Map(),
        expiresAtMs: -Infinity,
      }
      early.set(requestId, held)
      held.outcomes.push({ ...outcome, source: at.source })
      held.expiresAtMs = Math.max(held.expiresAtMs, occurredAtMs + waitMs)
      noteOffset(held, at)
      count += 1
      return held.expiresAtMs
    },
    take(requestId) {
      const held = early.get(requestId)
      if (held === undefined) return undefined
      early.delete(requestId)
      count -= held.outcomes.length
      return held
    },
    expire(streamTimeMs) {
      let expired = 0
      for (const [requestId, { outcomes, expiresAtMs }] of early) {
        if (expiresAtMs > streamTimeMs) continue
        early.delete(requestId)
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
