import type { DriftEvent, ModelMove } from '#schemas'
import { isRetrainEvent, retrainedLearner } from '../../learning/retrain-event.ts'
import type { DemoReport, ReportedModel, ReportedRetrain } from './demo-report.ts'

/** Every model in the order it was first announced. @param metricsOf reads a move's manifest */
export function reportedModels(
  moves: readonly ModelMove[],
  metricsOf: (manifest: string) => Record<string, number>,
): ReportedModel[] {
  const models = new Map<string, ReportedModel>()
  for (const { modelId, learner, stage, reason, movedAtMs, manifest } of moves) {
    const before = models.get(modelId)
    const promotedAtMs = before?.promotedAtMs ?? (stage === 'champion' ? movedAtMs : null)
    // Why it went live says more than why it was replaced.
    const told = (before?.promotedAtMs ?? null) === null ? reason : before!.reason
    models.set(modelId, {
      id: modelId,
      learner,
      stage,
      promotedAtMs,
      reason: told,
      metrics: metricsOf(manifest),
    })
  }
  return [...models.values()]
}

/**
 * The first alarm after the injection, and how many came before it. Events that name a cause other than drift
 * (lag, none, upstream) are no alarms.
 *
 * @param injectedAtMs wall clock; null when nothing was injected, then every alarm is false
 */
export function driftOutcome(
  events: readonly DriftEvent[],
  injectedAtMs: number | null,
): DemoReport['drift'] {
  const alarms = events
    .filter(({ kind }) => kind === 'concept' || kind === 'data')
    .sort((a, b) => a.detectedAtMs - b.detectedAtMs)
  const isBefore = (event: DriftEvent) => injectedAtMs === null || event.detectedAtMs < injectedAtMs
  const first = alarms.find((event) => !isBefore(event))
  return {
    injectedAtMs,
    detectedAtMs: first?.detectedAtMs ?? null,
    kind: first?.kind ?? null,
    cause: first?.cause ?? null,
    falseAlarms: alarms.filter(isBefore).length,
  }
}

/** Fits as the drift topic tells them: each began, and most came to an end. @param events in the order of the topic */
export function reportedRetrains(events: readonly DriftEvent[]): ReportedRetrain[] {
  const retrains: ReportedRetrain[] = []
  for (const event of events.filter(isRetrainEvent)) {
    const learner = retrainedLearner(event)
    const { detector, examples, occurredAtMs, detectedAtMs, after, cause } = event
    if (detector === 'began') {
      const open = { seconds: null, outcome: null, told: cause }
      retrains.push({ learner, beganAtMs: detectedAtMs, occurredAtMs, examples, ...open })
      continue
    }
    const begun = retrains.findLast((retrain) => retrain.learner === learner && retrain.outcome === null)
    if (begun === undefined) continue
    begun.seconds = after
    begun.outcome = detector as ReportedRetrain['outcome']
    begun.told = cause
  }
  return retrains
}
