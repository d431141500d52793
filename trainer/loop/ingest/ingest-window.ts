import type { Interaction } from '#schemas'

/** Requests that were sent and whose outcomes wait for the prediction. */
export interface IngestWindow {
  readonly size: number
  /** Event time of the oldest request that waits; Infinity when none does. */
  readonly oldestMs: number
  readonly counts: { readonly answered: number; readonly unanswered: number }
  sent(
    request: { requestId: string; userId: string; occurredAtMs: number },
    outcomes: readonly Interaction[],
    wallMs: number,
  ): void
  /** Whether a request of this user waits. O(requests that wait). */
  awaits(userId: string): boolean
  /** The outcomes to tell now; none when nobody waits for this request. */
  answered(requestId: string): readonly Interaction[]
  /** Outcomes of requests that have waited for longer than `answerWithinMs`. */
  overdue(wallMs: number): Interaction[]
}

/**
 * Outcomes may be told only after the request was answered: a click that is already in the features that
 * predict it would be a leak.
 */
export function createIngestWindow({ answerWithinMs }: { answerWithinMs: number }): IngestWindow {
  const waiting = new Map<
    string,
    { userId: string; occurredAtMs: number; outcomes: readonly Interaction[]; untilMs: number }
  >()
  const counts = { answered: 0, unanswered: 0 }
  return {
    get size() {
      return waiting.size
    },
    counts,
    get oldestMs() {
      const [oldest] = waiting.values() // in the order they were sent, which is event time
      return oldest?.occurredAtMs ?? Infinity
    },
    awaits(userId) {
      for (const one of waiting.values()) if (one.userId === userId) return true
      return false
    },
    sent({ requestId, userId, occurredAtMs }, outcomes, wallMs) {
      waiting.set(requestId, { userId, occurredAtMs, outcomes, untilMs: wallMs + answerWithinMs })
    },
    answered(requestId) {
      const found = waiting.get(requestId)
      if (found === undefined) return []
      waiting.delete(requestId)
      counts.answered++
      return found.outcomes
    },
    overdue(wallMs) {
      const late: Interaction[] = []
      for (const [requestId, { outcomes, untilMs }] of waiting) {
        if (untilMs > wallMs) break // in the order they were sent
        waiting.delete(requestId)
        counts.unanswered++
        late.push(...outcomes)
      }
      return late
    },
  }
}
