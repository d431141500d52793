import type { Example, Prediction } from '#schemas'
import { createEarlyOutcomes, type JoinOutcome } from './early-outcomes.ts'
import { neededOffset, noteOffset, type SourceOffset } from './needed-offsets.ts'
import { createPendingPrediction, type JoinTimes, type PendingPrediction } from './pending-prediction.ts'

export interface JoinWindowOptions extends JoinTimes {
  pendingPredictionsMax: number
  earlyOutcomesMax: number
  rememberedPredictionsMax: number
}

/** What became of a record. */
export type JoinVerdict =
  | 'joined'
  /** Its prediction has not been read yet. */
  | 'held'
  /** Its type is no label's business. */
  | 'ignored'
  /** A prediction id (or request) that was there before: the first record counts. */
  | 'duplicate'
  /** Its labels are final. */
  | 'late'
  /** It tells of a showing that came too long after its request: no example. */
  | 'shown_late'
  /** It names another user than its request: whose label it would be, nobody knows. */
  | 'wrong_user'
  /** A bound was reached. */
  | 'overflowed'

export interface Matured {
  examples: Example[]
  predictions: number
  /** Items that were shown too long after their request: no examples. */
  shownLate: number
  /** Held outcomes whose prediction never came, under their user. */
  unmatched: number
}

/** Joins the predictions and outcomes of one partition. Pure: no clock but the stream time it is given. */
export interface JoinWindow {
  prediction(prediction: Prediction, at: SourceOffset): JoinVerdict
  outcome(outcome: JoinOutcome, at: SourceOffset): JoinVerdict
  /** Takes out everything whose labels are final at this event time, in the order of maturing, then by id. */
  mature(streamTimeMs: number): Matured
  /** Smallest offset of this source that is still needed; undefined: none. */
  neededOffset(source: string): number | undefined
  /** Event time at which `mature` has something to do; Infinity: nothing waits. */
  readonly nextDueMs: number
  readonly pendingCount: number
  /** Whether this many more predictions, or outcomes without one, fit. */
  hasRoomFor(records: number): boolean
}

/**
 * An item waits until its showing + the longest label horizon + grace, its prediction until `occurredAtMs` + that
 * horizon or `shownWithinMs`, whichever is longer, + grace at least. Outcomes that came before it wait as long as it
 * could. Memory is bounded by the three maxima. `mature` and `neededOffset` look at everything that waits.
 */
export function createJoinWindow(options: JoinWindowOptions): JoinWindow {
  const { rules, graceMs, shownWithinMs, pendingPredictionsMax, earlyOutcomesMax } = options
  const pending = new Map<string, PendingPrediction>()
  const early = createEarlyOutcomes({ waitMs: rules.horizonMs + graceMs, countMax: earlyOutcomesMax })
  const matured = createRememberedPredictions(options.rememberedPredictionsMax)
  let nextDueMs = Infinity

  function mature(streamTimeMs: number): Matured {
    const result: Matured = { examples: [], predictions: 0, shownLate: 0, unmatched: 0 }
    if (streamTimeMs < nextDueMs) return result
    for (const one of pending.values()) {
      if (one.dueMs > streamTimeMs) continue
      const { examples, isOver, shownLate, wasShown } = one.settle(streamTimeMs)
      result.examples.push(...examples)
      if (!isOver) continue
      const { requestId, occurredAtMs } = one.prediction
      pending.delete(requestId)
      matured.add(requestId, wasShown ? Infinity : occurredAtMs + shownWithinMs)
      result.predictions += 1
      result.shownLate += shownLate
    }
    result.examples.sort(byMaturingThenId)
    result.unmatched = early.expire(streamTimeMs)
    nextDueMs = Infinity
    for (const { dueMs } of pending.values()) nextDueMs = Math.min(nextDueMs, dueMs)
    for (const { expiresAtMs } of early.groups()) nextDueMs = Math.min(nextDueMs, expiresAtMs)
    return result
  }

  return {
    prediction(prediction, at) {
      const { requestId } = prediction
      if (pending.has(requestId) || matured.shownUntilMs(requestId) !== undefined) return 'duplicate'
      if (pending.size >= pendingPredictionsMax) return 'overflowed'
      const waiting = createPendingPrediction(prediction, options)
      const held = early.take(prediction)
      for (const outcome of held?.outcomes ?? []) waiting.attach(outcome)
      for (const [source, offset] of held?.offsets ?? []) noteOffset(waiting, { source, offset })
      noteOffset(waiting, at)
      pending.set(requestId, waiting)
      nextDueMs = Math.min(nextDueMs, waiting.dueMs)
      return 'joined'
    },
    outcome(outcome, at) {
      if (!rules.matters(outcome.type)) return 'ignored'
      const { requestId, type, occurredAtMs } = outcome
      const shownUntilMs = matured.shownUntilMs(requestId)
      if (shownUntilMs !== undefined)
        return rules.isShown(type) && occurredAtMs > shownUntilMs ? 'shown_late' : 'late'
      const waiting = pending.get(requestId)
      if (waiting !== undefined) {
        if (waiting.prediction.userId !== outcome.userId) return 'wrong_user'
        if (!waiting.attach({ ...outcome, source: at.source })) return 'late'
        noteOffset(waiting, at)
        nextDueMs = Math.min(nextDueMs, waiting.dueMs)
        return 'joined'
      }
      const expiresAtMs = early.hold(outcome, at)
      if (expiresAtMs === undefined) return 'overflowed'
      nextDueMs = Math.min(nextDueMs, expiresAtMs)
      return 'held'
    },
    mature,
    neededOffset: (source) => neededOffset(source, pending.values(), early.groups()),
    get pendingCount() {
      return pending.size
    },
    get nextDueMs() {
      return nextDueMs
    },
    hasRoomFor: (records) =>
      pending.size + records <= pendingPredictionsMax && early.count + records <= earlyOutcomesMax,
  }
}

/** Requests that have matured: the last `max` of them. */
function createRememberedPredictions(max: number) {
  const remembered = new Map<string, number>()
  return {
    /** Infinity: something was shown in time, so that a later showing is a second look. undefined: not remembered. */
    shownUntilMs: (requestId: string) => remembered.get(requestId),
    add(requestId: string, shownUntilMs: number): void {
      remembered.set(requestId, shownUntilMs)
      if (remembered.size > max) remembered.delete(remembered.keys().next().value!)
    },
  }
}

/** Sorting is stable: the items of one prediction that mature together keep their rank. */
function byMaturingThenId(left: Example, right: Example): number {
  const byTime = left.maturedAtMs - right.maturedAtMs || left.occurredAtMs - right.occurredAtMs
  if (byTime !== 0 || left.predictionId === right.predictionId) return byTime
  return left.predictionId < right.predictionId ? -1 : 1
}
