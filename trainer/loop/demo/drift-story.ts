import type { DriftEvent, ModelMove } from '#schemas'
import { retrainedLearner } from '../../learning/retrain-event.ts'
import { RECOVERY_TOLERANCE } from '../report/index.ts'
import type { DriftState } from './live-view.ts'

/** The story of one drift, as it is told on the screen. */
export interface DriftStory {
  readonly state: DriftState
  /** Normalized entropy just before the drift. */
  readonly before: number | null
  /** Each answers what to announce, if anything. */
  injected(kind: string, normalizedEntropy: number | null): string
  drifted(event: DriftEvent): string
  retrained(event: DriftEvent): string | null
  /** What the learners are at; null: nothing was fitted yet. */
  readonly retrain: string | null
  moved(move: ModelMove): string | null
  swapped(modelId: string): string
  /** How the model in place does now. */
  measured(normalizedEntropy: number | null): string | null
}

/** Detected, answered with a new model, recovered: in this order, each told once. */
export function createDriftStory(): DriftStory {
  let state: DriftState = 'none yet'
  let before: number | null = null
  let worst = 0
  let retrain: string | null = null
  const stages = new Map<string, string>()
  /** Learners that make models by fits. */
  const fitted = new Set<string>()
  return {
    get state() {
      return state
    },
    get retrain() {
      return retrain
    },
    get before() {
      return before
    },
    injected(kind, normalizedEntropy) {
      state = 'injected'
      before = normalizedEntropy
      return `DRIFT INJECTED (${kind}): people's tastes turn; the live model does not know`
    },
    drifted({ kind, cause, detector }) {
      if (state === 'injected' && (kind === 'concept' || kind === 'data')) state = 'detected'
      return `DRIFT DETECTED (${kind}, ${detector}): ${cause}`
    },
    retrained(event) {
      retrain = event.cause
      fitted.add(retrainedLearner(event))
      return event.detector === 'began' ? null : `RETRAIN: ${event.cause}`
    },
    moved({ modelId, stage, reason }) {
      const isStill = stages.get(modelId) === stage
      stages.set(modelId, stage)
      // One on trial is told of again and again, and what was fitted by its retrain. A retired model has a successor, which was just announced.
      const isTold = isStill || [...fitted].some((learner) => modelId.startsWith(`${learner}-`))
      if (stage === 'retired' || (isTold && stage === 'candidate')) return null
      return `model ${modelId} is now ${stage}: ${reason}`
    },
    swapped(modelId) {
      if (state === 'detected') state = 'model swapped'
      return `model ${modelId} answers now`
    },
    measured(normalizedEntropy) {
      if (normalizedEntropy === null || before === null) return null
      worst = Math.max(worst, normalizedEntropy)
      if (state !== 'model swapped' || normalizedEntropy > before * (1 + RECOVERY_TOLERANCE)) return null
      state = 'recovered'
      return `RECOVERED: normalized entropy ${normalizedEntropy.toFixed(3)}, before the drift ${before.toFixed(3)}, at worst ${worst.toFixed(3)}`
    },
  }
}
