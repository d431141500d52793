import type { Example, Prediction } from '#schemas'
import { examplesOf } from './examples-of.ts'
import { createEarlyOutcomes, type JoinOutcome } from './early-outcomes.ts'
import type { LabelRules } from './label-rules.ts'
import { type Held, neededOffset, noteOffset, type SourceOffset } from './needed-offsets.ts'

export interface JoinWindowOptions {
  rules: LabelRules
  /** Event time that outcomes may arrive behind the stream. */
  graceMs: number
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
  /** Its prediction has matured. */
  | 'late'
  /** A bound was reached. */
  | 'overflowed'

export interface Matured {
  examples: Example[]
  predictions: number
  /** Held outcomes whose prediction never came. */
  unmatched: number
}

/** Joins the predictions and outcomes of one partition. Pure: no clock but the stream time it is given. */
export interface JoinWindow {
  prediction(prediction: Prediction, at: SourceOffset): JoinVerdict
  outcome(outcome: JoinOutcome, at: SourceOffset): JoinVerdict
  /** Takes out everything whose labels are final at this event time, by prediction time, then id. */
  mature(streamTimeMs: number): Matured
  /** Smallest offset of this source that is still needed; undefined: none. */
  neededOffset(source: string): number | undefined
  /** Event time at which `mature` has something to do; Infinity: nothing waits. */
  readonly nextDueMs: number
  readonly pendingCount: number
  /** Whether this many more predictions, or outcomes without one, fit. */
  hasRoomFor(records: number): boolean
}

interface Pending extends Held {
  prediction: Prediction
  /** Item id -> outcome type -> first event time. */
  outcomes: Map<string, Map<string, number>>
}

/**
 * A prediction waits until `occurredAtMs` + the longest label horizon + grace; outcomes that came before it wait as
 * long. Memory is bounded by the three maxima. `mature` and `neededOffset` look at everything that waits.
 */
export function createJoinWindow(options: JoinWindowOptions): JoinWindow {
  const { rules, graceMs, pendingPredictionsMax, earlyOutcomesMax } = options
  const waitMs = rules.horizonMs + graceMs
  const pending = new Map<string, Pending>()
  const early = createEarlyOutcomes({ waitMs, countMax: earlyOutcomesMax })
  const matured = createRememberedIds(options.rememberedPredictionsMax)
  let nextDueMs = Infinity

  function mature(streamTimeMs: number): Matured {
    if (streamTimeMs < nextDueMs) return { examples: [], predictions: 0, unmatched: 0 }
    const due = [...pending.values()]
      .filter(({ prediction }) => prediction.occurredAtMs + waitMs <= streamTimeMs)
      .sort((left, right) => byTimeThenId(left.prediction, right.prediction))
    const examples = due.flatMap(({ prediction, outcomes }) =>
      examplesOf(prediction, { outcomes, rules, maturedAtMs: prediction.occurredAtMs + waitMs }),
    )
    for (const { prediction } of due) {
      pending.delete(prediction.requestId)
      matured.add(prediction.requestId)
    }
    const unmatched = early.expire(streamTimeMs)
    nextDueMs = Infinity
    for (const { prediction } of pending.values())
      nextDueMs = Math.min(nextDueMs, prediction.occurredAtMs + waitMs)
    for (const { expiresAtMs } of early.groups()) nextDueMs = Math.min(nextDueMs, expiresAtMs)
    return { examples, predictions: due.length, unmatched }
  }

  return {
    prediction(prediction, at) {
      const { requestId } = prediction
      if (pending.has(requestId) || matured.has(requestId)) return 'duplicate'
      if (pending.size >= pendingPredictionsMax) return 'overflowed'
      const waiting: Pending = { prediction, outcomes: new Map(), offsets: new Map() }
      const held = early.take(requestId)
      for (const outcome of held?.outcomes ?? []) attach(waiting, outcome)
      for (const [source, offset] of held?.offsets ?? []) noteOffset(waiting, { source, offset })
      noteOffset(waiting, at)
      pending.set(requestId, waiting)
      nextDueMs = Math.min(nextDueMs, prediction.occurredAtMs + waitMs)
      return 'joined'
    },
    outcome(outcome, at) {
      if (!rules.matters(outcome.type)) return 'ignored'
      if (matured.has(outcome.requestId)) return 'late'
      const waiting = pending.get(outcome.requestId)
      if (waiting !== undefined) {
        attach(waiting, outcome)
        noteOffset(waiting, at)
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

function attach({ outcomes }: Pending, { itemId, type, occurredAtMs }: JoinOutcome): void {
  const times = outcomes.get(itemId) ?? new Map<string, number>()
  outcomes.set(itemId, times)
  times.set(type, Math.min(occurredAtMs, times.get(type) ?? Infinity))
}

/** Request ids that have matured: the last `max` of them. */
function createRememberedIds(max: number) {
  const remembered = new Set<string>()
  return {
    has: (requestId: string) => remembered.has(requestId),
    add(requestId: string): void {
      remembered.add(requestId)
      if (remembered.size > max) remembered.delete(remembered.values().next().value!)
    },
  }
}

function byTimeThenId(left: Prediction, right: Prediction): number {
  return left.occurredAtMs - right.occurredAtMs || (left.predictionId < right.predictionId ? -1 : 1)
}
