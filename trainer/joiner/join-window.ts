import type { Example, Prediction } from '#schemas'
import { examplesOf } from './examples-of.ts'
import type { LabelRules } from './label-rules.ts'

/** What a source said of a shown item. */
export interface JoinOutcome {
  requestId: string
  itemId: string
  type: string
  occurredAtMs: number
}

/** Where a record stands, so that it can be read again. */
export interface SourceOffset {
  source: string
  offset: number
}

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

interface Waiting {
  /** Smallest offset per source of what is held. */
  offsets: Map<string, number>
}

interface Pending extends Waiting {
  prediction: Prediction
  /** Item id -> outcome type -> first event time. */
  outcomes: Map<string, Map<string, number>>
}

interface Early extends Waiting {
  outcomes: JoinOutcome[]
  expiresAtMs: number
}

/**
 * A prediction waits until `occurredAtMs` + the longest label horizon + grace; outcomes that came before it wait as
 * long. Memory is bounded by the three maxima. `mature` and `neededOffset` look at everything that waits.
 */
export function createJoinWindow(options: JoinWindowOptions): JoinWindow {
  const { rules, graceMs, pendingPredictionsMax, earlyOutcomesMax, rememberedPredictionsMax } = options
  const waitMs = rules.horizonMs + graceMs
  const pending = new Map<string, Pending>()
  const early = new Map<string, Early>()
  /** Request ids that have matured, oldest first. */
  const remembered = new Set<string>()
  let earlyCount = 0
  let nextDueMs = Infinity

  function note({ offsets }: Waiting, { source, offset }: SourceOffset): void {
    offsets.set(source, Math.min(offset, offsets.get(source) ?? Infinity))
  }

  function attach({ outcomes }: Pending, { itemId, type, occurredAtMs }: JoinOutcome): void {
    const times = outcomes.get(itemId) ?? new Map<string, number>()
    outcomes.set(itemId, times)
    times.set(type, Math.min(occurredAtMs, times.get(type) ?? Infinity))
  }

  function hold(outcome: JoinOutcome, at: SourceOffset): JoinVerdict {
    if (earlyCount >= earlyOutcomesMax) return 'overflowed'
    const { requestId, occurredAtMs } = outcome
    const held = early.get(requestId) ?? {
      outcomes: [],
      offsets: new Map<string, number>(),
      expiresAtMs: -Infinity,
    }
    early.set(requestId, held)
    held.outcomes.push(outcome)
    held.expiresAtMs = Math.max(held.expiresAtMs, occurredAtMs + waitMs)
    nextDueMs = Math.min(nextDueMs, held.expiresAtMs)
    note(held, at)
    earlyCount += 1
    return 'held'
  }

  function remember(requestId: string): void {
    remembered.add(requestId)
    if (remembered.size > rememberedPredictionsMax) remembered.delete(remembered.values().next().value!)
  }

  function expireEarly(streamTimeMs: number): number {
    let unmatched = 0
    for (const [requestId, { outcomes, expiresAtMs }] of early) {
      if (expiresAtMs > streamTimeMs) continue
      early.delete(requestId)
      unmatched += outcomes.length
    }
    earlyCount -= unmatched
    return unmatched
  }

  return {
    prediction(prediction, at) {
      const { requestId } = prediction
      if (pending.has(requestId) || remembered.has(requestId)) return 'duplicate'
      if (pending.size >= pendingPredictionsMax) return 'overflowed'
      const waiting: Pending = { prediction, outcomes: new Map(), offsets: new Map() }
      const held = early.get(requestId)
      if (held !== undefined) {
        for (const outcome of held.outcomes) attach(waiting, outcome)
        for (const [source, offset] of held.offsets) note(waiting, { source, offset })
        early.delete(requestId)
        earlyCount -= held.outcomes.length
      }
      note(waiting, at)
      pending.set(requestId, waiting)
      nextDueMs = Math.min(nextDueMs, prediction.occurredAtMs + waitMs)
      return 'joined'
    },
    outcome(outcome, at) {
      if (!rules.matters(outcome.type)) return 'ignored'
      if (remembered.has(outcome.requestId)) return 'late'
      const waiting = pending.get(outcome.requestId)
      if (waiting === undefined) return hold(outcome, at)
      attach(waiting, outcome)
      note(waiting, at)
      return 'joined'
    },
    mature(streamTimeMs) {
      if (streamTimeMs < nextDueMs) return { examples: [], predictions: 0, unmatched: 0 }
      const due = [...pending.values()]
        .filter(({ prediction }) => prediction.occurredAtMs + waitMs <= streamTimeMs)
        .sort((left, right) => byTimeThenId(left.prediction, right.prediction))
      const examples = due.flatMap(({ prediction, outcomes }) =>
        examplesOf(prediction, { outcomes, rules, maturedAtMs: prediction.occurredAtMs + waitMs }),
      )
      for (const { prediction } of due) {
        pending.delete(prediction.requestId)
        remember(prediction.requestId)
      }
      const unmatched = expireEarly(streamTimeMs)
      nextDueMs = Infinity
      for (const { prediction } of pending.values())
        nextDueMs = Math.min(nextDueMs, prediction.occurredAtMs + waitMs)
      for (const { expiresAtMs } of early.values()) nextDueMs = Math.min(nextDueMs, expiresAtMs)
      return { examples, predictions: due.length, unmatched }
    },
    neededOffset(source) {
      let needed: number | undefined
      for (const group of [pending, early]) {
        for (const { offsets } of group.values()) {
          const offset = offsets.get(source)
          if (offset !== undefined && (needed === undefined || offset < needed)) needed = offset
        }
      }
      return needed
    },
    get pendingCount() {
      return pending.size
    },
    get nextDueMs() {
      return nextDueMs
    },
    hasRoomFor: (records) =>
      pending.size + records <= pendingPredictionsMax && earlyCount + records <= earlyOutcomesMax,
  }
}

function byTimeThenId(left: Prediction, right: Prediction): number {
  return left.occurredAtMs - right.occurredAtMs || (left.predictionId < right.predictionId ? -1 : 1)
}
