import type { Example, Prediction } from '#schemas'
import { createEarlyOutcomes, type JoinOutcome } from './early-outcomes.ts'
import type { JoinTimes } from './join-times.ts'
import { createDueTimes } from './pending/due-times.ts'
import { fingerprintOf } from './pending/fingerprint.ts'
import { createHeldOffsets } from './pending/held-offsets.ts'
import { createPendingRows, type Kept } from './pending/pending-rows.ts'
import { createRememberedRequests } from './pending/remembered-requests.ts'
import { createToldOutcomes } from './pending/told-outcomes.ts'
import { settle } from './settle.ts'
import type { SourceOffset } from './source-offset.ts'

export interface JoinWindowOptions extends JoinTimes {
  /** Topics that are joined. */
  sources: readonly string[]
  /** undefined: their bytes alone are bounded, by who keeps them. */
  pendingPredictionsMax?: number | undefined
  earlyOutcomesMax: number
  rememberedPredictionsMax: number
  /** Told when a prediction's bytes are not needed any more. */
  release(kept: Kept): void
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

/** What is to be settled next: all that is due up to this event time. */
export interface Due {
  untilMs: number
  rows: number[]
  /** Predictions that something matured of; the others need not be read. */
  needed: { row: number; kept: Kept }[]
}

/**
 * Joins the predictions and outcomes of one partition. Pure: no clock but the stream time it is given, and the predictions
 * themselves are kept elsewhere.
 */
export interface JoinWindow {
  /** @param keep keeps its bytes; undefined: there is no room */
  prediction(
    prediction: Pick<Prediction, 'requestId' | 'userId' | 'occurredAtMs'>,
    at: SourceOffset,
    keep: () => Kept | undefined,
  ): JoinVerdict
  outcome(outcome: JoinOutcome, at: SourceOffset): JoinVerdict
  /** At least `predictionsMin` of what is due at this event time, when there is so much: whole milliseconds. */
  due(streamTimeMs: number, predictionsMin: number): Due
  /**
   * Takes out everything of `due` whose labels are final, in the order of maturing, then by id. Nothing may be joined
   * between the two.
   * @param predictions those of `due.needed`, in that order
   */
  settle(due: Due, predictions: readonly Prediction[]): Matured
  /**
   * Forgets what waits of a user and was read before these offsets, by source: neither may be due, that is between `due` and
   * `settle`. @returns where the bytes of its predictions are, to be overwritten and released
   */
  erase(userId: string, upTo: ReadonlyMap<string, number>): Kept[]
  /** Smallest offset of this source that is still needed; undefined: none. */
  neededOffset(source: string): number | undefined
  /** Event time at which something is due; Infinity: nothing waits. */
  readonly nextDueMs: number
  readonly pendingCount: number
  /** Memory that is in use, without the predictions themselves and the outcomes that came before theirs. */
  readonly memoryBytes: number
  /** The bound that so many more predictions, or outcomes without one, would reach; undefined: they fit. */
  boundReached(records: number): 'pendingPredictionsMax' | 'earlyOutcomesMax' | undefined
}

/**
 * An item waits until its showing + the longest label horizon + grace, its prediction until `occurredAtMs` + that
 * horizon or `shownWithinMs`, whichever is longer, + grace at least. Outcomes that came before it wait as long as it
 * could. Work per record does not depend on how many wait, but for the logarithm in a heap.
 */
export function createJoinWindow(options: JoinWindowOptions): JoinWindow {
  const { rules, earlyOutcomesMax, pendingPredictionsMax = Infinity } = options
  const state = createState(options)
  const { rows, offsets, dues, early, remembered, told } = state

  return {
    prediction(prediction, at, keep) {
      const request = fingerprintOf(prediction.requestId)
      if (rows.find(request) !== 0 || remembered.shownUntilMs(request) !== undefined) return 'duplicate'
      const kept = rows.count < pendingPredictionsMax ? keep() : undefined
      if (kept === undefined) return 'overflowed'
      const row = rows.add(request, prediction, kept)
      const held = early.take(prediction)
      for (const outcome of held?.outcomes ?? [])
        rows.at.told[row] = told.attach(rows.at.told[row]!, outcome) ?? rows.at.told[row]!
      for (const [source, offset] of held?.offsets ?? []) offsets.note(row, { source, offset })
      offsets.note(row, at)
      dues.refresh(row)
      return 'joined'
    },
    outcome(outcome, at) {
      if (!rules.matters(outcome.type)) return 'ignored'
      const { requestId, type, occurredAtMs } = outcome
      const request = fingerprintOf(requestId)
      const shownUntilMs = remembered.shownUntilMs(request)
      if (shownUntilMs !== undefined)
        return rules.isShown(type) && occurredAtMs > shownUntilMs ? 'shown_late' : 'late'
      const row = rows.find(request)
      if (row === 0) return early.hold(outcome, at) ? 'held' : 'overflowed'
      if (!rows.isOf(row, outcome.userId)) return 'wrong_user'
      const chain = told.attach(rows.at.told[row]!, { ...outcome, source: at.source })
      if (chain === undefined) return 'late'
      rows.at.told[row] = chain
      offsets.note(row, at)
      dues.refresh(row)
      return 'joined'
    },
    due: (streamTimeMs, predictionsMin) => takeDue(state, streamTimeMs, predictionsMin),
    settle: (due, predictions) => settleDue(state, due, predictions),
    erase(userId, upTo) {
      early.erase(userId, upTo)
      return rows.rowsOf(userId).flatMap((row) => {
        if (!offsets.isBefore(row, upTo)) return []
        const kept = rows.keptOf(row)
        told.free(rows.at.told[row]!)
        remembered.add(rows.requestOf(row), Infinity)
        rows.remove(row)
        return [kept]
      })
    },
    neededOffset(source) {
      const needed = Math.min(offsets.needed(source), early.neededOffset(source))
      return needed === Infinity ? undefined : needed
    },
    get pendingCount() {
      return rows.count
    },
    get nextDueMs() {
      return Math.min(dues.nextMs(), early.nextExpiryMs())
    },
    get memoryBytes() {
      const parts = [rows.memoryBytes, offsets.memoryBytes, dues.memoryBytes, told.bytes, remembered.bytes]
      return parts.reduce((sum, bytes) => sum + bytes)
    },
    boundReached(records) {
      if (rows.count + records > pendingPredictionsMax) return 'pendingPredictionsMax'
      return early.count + records > earlyOutcomesMax ? 'earlyOutcomesMax' : undefined
    },
  }
}

type State = ReturnType<typeof createState>

function createState(options: JoinWindowOptions) {
  const { rules, graceMs, earlyOutcomesMax, sources } = options
  const rows = createPendingRows(sources.length)
  const told = createToldOutcomes(rules, sources)
  return {
    options,
    rows,
    told,
    offsets: createHeldOffsets(rows, sources),
    dues: createDueTimes(rows, told, options),
    early: createEarlyOutcomes({ waitMs: rules.horizonMs + graceMs, countMax: earlyOutcomesMax, sources }),
    remembered: createRememberedRequests(options.rememberedPredictionsMax),
  }
}

function takeDue({ rows: { keptOf }, dues }: State, streamTimeMs: number, predictionsMin: number): Due {
  const rows: number[] = []
  let untilMs = streamTimeMs
  for (let dueMs = dues.nextMs(); dueMs <= untilMs && dueMs !== Infinity; dueMs = dues.nextMs()) {
    rows.push(dues.pop())
    // What is due in the same millisecond goes together: it is sorted by id.
    if (rows.length >= predictionsMin) untilMs = dueMs
  }
  const needed = rows
    .filter((row) => dues.hasMatured(row, untilMs))
    .map((row) => ({ row, kept: keptOf(row) }))
  return { untilMs, rows, needed }
}

function settleDue(
  state: State,
  { untilMs, rows: due, needed }: Due,
  predictions: readonly Prediction[],
): Matured {
  const { rows, dues, early } = state
  const matured: Matured = { examples: [], predictions: 0, shownLate: 0, unmatched: 0 }
  for (const [at, { row }] of needed.entries()) {
    const waiting = { prediction: predictions[at]!, row, chain: rows.at.told[row]! }
    matured.examples.push(...settle({ ...state, rules: state.options.rules }, waiting, untilMs))
  }
  for (const row of due) {
    dues.refresh(row)
    if (rows.at.dueMs[row]! > untilMs) continue
    matured.predictions += 1
    matured.shownLate += forget(state, row)
  }
  matured.examples.sort(byMaturingThenId)
  matured.unmatched = early.expire(untilMs)
  return matured
}

/** @returns how many of its items were shown too late */
function forget({ options, rows, told, dues, remembered }: State, row: number): number {
  let inTime = 0
  let late = 0
  told.eachShown(
    rows.at.told[row]!,
    (shownAtMs) => void (dues.maturesAtMs(row, shownAtMs) === undefined ? late++ : inTime++),
    'settled too',
  )
  const shownUntilMs = inTime > 0 ? Infinity : rows.at.occurredAtMs[row]! + options.shownWithinMs
  remembered.add(rows.requestOf(row), shownUntilMs)
  told.free(rows.at.told[row]!)
  options.release(rows.keptOf(row))
  rows.remove(row)
  return late
}

/** Sorting is stable: the items of one prediction that mature together keep their rank. */
function byMaturingThenId(left: Example, right: Example): number {
  const byTime = left.maturedAtMs - right.maturedAtMs || left.occurredAtMs - right.occurredAtMs
  if (byTime !== 0 || left.predictionId === right.predictionId) return byTime
  return left.predictionId < right.predictionId ? -1 : 1
}
