import type { Example, Prediction } from '#schemas'
import type { JoinOutcome, ToldOutcome } from '../early-outcomes.ts'
import type { JoinTimes } from '../join-times.ts'
import type { JoinVerdict, Matured } from '../join-window.ts'
import type { SourceOffset } from '../source-offset.ts'
import { createPendingPrediction, type PendingPrediction } from './simple-pending-prediction.ts'

export interface SimpleJoinWindowOptions extends JoinTimes {
  pendingPredictionsMax: number
  earlyOutcomesMax: number
  rememberedPredictionsMax: number
}

/** What the join window must do, in a few Maps: looks at everything that waits whenever it is asked. */
export interface SimpleJoinWindow {
  prediction(prediction: Prediction, at: SourceOffset): JoinVerdict
  outcome(outcome: JoinOutcome, at: SourceOffset): JoinVerdict
  mature(streamTimeMs: number): Matured
  neededOffset(source: string): number | undefined
  nextDueMs(): number
  pendingCount(): number
}

interface EarlyGroup {
  outcomes: ToldOutcome[]
  offsets: Map<string, number>
  expiresAtMs: number
}

export function createSimpleJoinWindow(options: SimpleJoinWindowOptions): SimpleJoinWindow {
  const { rules, graceMs, shownWithinMs } = options
  const pending = new Map<string, PendingPrediction>()
  const early = new Map<string, EarlyGroup>()
  const matured = new Map<string, number>()
  const earlyCount = () => [...early.values()].reduce((sum, { outcomes }) => sum + outcomes.length, 0)
  const keyOf = ({ requestId, userId }: { requestId: string; userId: string }) =>
    JSON.stringify([requestId, userId])

  function hold(outcome: JoinOutcome, { source, offset }: SourceOffset): JoinVerdict {
    if (earlyCount() >= options.earlyOutcomesMax) return 'overflowed'
    const none: EarlyGroup = { outcomes: [], offsets: new Map(), expiresAtMs: -Infinity }
    const group = early.get(keyOf(outcome)) ?? none
    early.set(keyOf(outcome), group)
    group.outcomes.push({ ...outcome, source })
    group.expiresAtMs = Math.max(group.expiresAtMs, outcome.occurredAtMs + rules.horizonMs + graceMs)
    noteOffset(group, { source, offset })
    return 'held'
  }

  return {
    prediction(prediction, at) {
      const { requestId } = prediction
      if (pending.has(requestId) || matured.has(requestId)) return 'duplicate'
      if (pending.size >= options.pendingPredictionsMax) return 'overflowed'
      const waiting = createPendingPrediction(prediction, options)
      const held = early.get(keyOf(prediction))
      early.delete(keyOf(prediction))
      for (const outcome of held?.outcomes ?? []) waiting.attach(outcome)
      for (const [source, offset] of held?.offsets ?? []) noteOffset(waiting, { source, offset })
      noteOffset(waiting, at)
      pending.set(requestId, waiting)
      return 'joined'
    },
    outcome(outcome, at) {
      const { requestId, type, occurredAtMs } = outcome
      if (!rules.matters(type)) return 'ignored'
      const shownUntilMs = matured.get(requestId)
      if (shownUntilMs !== undefined)
        return rules.isShown(type) && occurredAtMs > shownUntilMs ? 'shown_late' : 'late'
      const waiting = pending.get(requestId)
      if (waiting === undefined) return hold(outcome, at)
      if (waiting.prediction.userId !== outcome.userId) return 'wrong_user'
      if (!waiting.attach({ ...outcome, source: at.source })) return 'late'
      noteOffset(waiting, at)
      return 'joined'
    },
    mature(streamTimeMs) {
      const result: Matured = { examples: [], predictions: 0, shownLate: 0, unmatched: 0 }
      const due = [...pending.values()].filter(({ dueMs }) => dueMs <= streamTimeMs)
      for (const one of due.sort((left, right) => left.dueMs - right.dueMs)) {
        const { examples, isOver, shownLate, wasShown } = one.settle(streamTimeMs)
        result.examples.push(...examples)
        if (!isOver) continue
        const { requestId, occurredAtMs } = one.prediction
        pending.delete(requestId)
        matured.set(requestId, wasShown ? Infinity : occurredAtMs + shownWithinMs)
        if (matured.size > options.rememberedPredictionsMax) matured.delete(matured.keys().next().value!)
        result.predictions += 1
        result.shownLate += shownLate
      }
      result.examples.sort(byMaturingThenId)
      for (const [key, { outcomes, expiresAtMs }] of early) {
        if (expiresAtMs > streamTimeMs) continue
        early.delete(key)
        result.unmatched += outcomes.length
      }
      return result
    },
    neededOffset(source) {
      const offsets = [...pending.values(), ...early.values()].flatMap(
        (held) => held.offsets.get(source) ?? [],
      )
      return offsets.length === 0 ? undefined : Math.min(...offsets)
    },
    nextDueMs: () =>
      Math.min(
        ...[...pending.values()].map(({ dueMs }) => dueMs),
        ...[...early.values()].map(({ expiresAtMs }) => expiresAtMs),
      ),
    pendingCount: () => pending.size,
  }
}

function noteOffset({ offsets }: { offsets: Map<string, number> }, { source, offset }: SourceOffset): void {
  offsets.set(source, Math.min(offset, offsets.get(source) ?? Infinity))
}

function byMaturingThenId(left: Example, right: Example): number {
  const byTime = left.maturedAtMs - right.maturedAtMs || left.occurredAtMs - right.occurredAtMs
  if (byTime !== 0 || left.predictionId === right.predictionId) return byTime
  return left.predictionId < right.predictionId ? -1 : 1
}
