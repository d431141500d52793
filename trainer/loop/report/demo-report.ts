import type { DriftKind, ModelStage } from '#schemas'
import type { LettersOfReason } from '#streams'
import { runFailures } from './run-failures.ts'

export interface Quantiles {
  p50: number
  p99: number
}

/** One model that was ever announced. */
export interface ReportedModel {
  id: string
  learner: string
  /** Where it is now. */
  stage: ModelStage
  /** Wall clock of the move to champion; null when it never served. */
  promotedAtMs: number | null
  /** Of its promotion, or of the latest move when it never served. */
  reason: string
  /** Of the manifest: on fresh matured examples, before the promotion. */
  metrics: Record<string, number>
}

/** One fit of a learner to its window. */
export interface ReportedRetrain {
  learner: string
  /** Wall clock, and event time. */
  beganAtMs: number
  occurredAtMs: number
  examples: number
  /** Wall seconds; null: nobody told of its end. */
  seconds: number | null
  outcome: 'made' | 'failed' | 'abandoned' | null
  /** One sentence. */
  told: string
}

/**
 * What a run did, counted from the topics and the store after it, never from what a service says of itself.
 * Times are wall clock in milliseconds unless a name says feed. `null`: could not be measured in this run.
 */
export interface DemoReport {
  durationSeconds: number
  interactions: {
    /** Different interactions in the topic. */
    produced: number
    /** Those that are in the store's state, exactly once. */
    applied: number
    lost: number
    /** Applied more than once. */
    duplicates: number
    /** Entities in the log, and how many of them hold other bytes in the store than a replay of the log gives. */
    entities: number
    entitiesDifferent: number
    /** The first of them, for people. */
    firstDifference: string | null
    /** What the feed had acknowledged by the brokers, by its own count. */
    acknowledged: number | null
    deadLetters: number
    /** The same by reason, with the words of the newest: the topics may be gone when it is read. */
    deadLettersBy: LettersOfReason[]
  }
  requests: number
  predictions: {
    /** Different predictions in the topic. */
    written: number
    /** Requests without one. */
    lost: number
    /** Further records of an id. */
    duplicates: number
    /** Answered without a model, by reason. */
    fallbacks: Record<string, number>
    /** Broker time of the prediction less the time at which the request was produced. */
    latencyMs: Quantiles | null
  }
  /** From the moment an interaction was produced until the store's fence had passed it. */
  freshnessMs: Quantiles | null
  /** Interactions and outcomes that name a request. */
  outcomes: number
  examples: number
  /** Shown items that were answered, whose labels were final before the end, and that are no example. */
  examplesMissing: number
  models: ReportedModel[]
  /** Fits, in the order in which they began. */
  retrains: ReportedRetrain[]
  swaps: {
    /** Times that the model which answers changed. */
    count: number
    /** Requests asked once a model was live that got no answer, or an answer without a model. */
    failedRequests: number
  }
  drift: {
    injectedAtMs: number | null
    detectedAtMs: number | null
    kind: DriftKind | null
    cause: string | null
    /** Concept or data drift announced before any was injected. */
    falseAlarms: number
  }
  /** Log-loss of live predictions over the entropy of their base rate; below 1 is better than the base rate. */
  normalizedEntropy: EntropyPhases
  /** The same for a forecaster who knows the simulated feed's true probabilities. */
  bestReachable: EntropyPhases
  skew: {
    /** Recorded vectors computed again from the log at the offsets they name. */
    vectorsChecked: number
    /** Those that differ in one byte or more. */
    mismatches: number
    firstMismatch: string | null
  }
  feed: {
    clockSpeed: number
    fromMs: number
    toMs: number
  }
}

export interface EntropyPhases {
  beforeDrift: number | null
  atWorst: number | null
  afterRecovery: number | null
}

/** The recovery counts as complete within this share of the entropy before the drift (recoveryShare). */
export const RECOVERY_TOLERANCE = 0.02
/** First model, its successor, and the answer to the drift. */
export const PROMOTED_MODELS_MIN = 3

/**
 * What a demo run must show, as sentences about what it did not. Empty: all is well.
 *
 * @param expected which parts of the promise this run was long enough to show
 */
export function failuresOf(report: DemoReport, expected: { drift: boolean; recovery: boolean }): string[] {
  const { swaps, drift, models } = report
  const failures = runFailures(report)
  const mustBeZero = (count: number, text: string) => {
    if (count > 0) failures.push(`${String(count)} ${text}`)
  }
  mustBeZero(swaps.failedRequests, 'requests failed while models were live')
  if (!expected.drift) return failures
  mustBeZero(drift.falseAlarms, 'drift alarms came before the drift')
  if (drift.detectedAtMs === null) failures.push('the injected drift was not detected')
  if (!expected.recovery) return failures
  const promotedCount = models.filter((model) => model.promotedAtMs !== null).length
  if (promotedCount < PROMOTED_MODELS_MIN) {
    failures.push(
      `${String(promotedCount)} models were promoted, expected ${String(PROMOTED_MODELS_MIN)} or more`,
    )
  }
  const share = recoveryShare(report)
  if (share === null) {
    failures.push('the normalized entropy before or after the drift could not be measured')
  } else if (share > 1 + RECOVERY_TOLERANCE) {
    const percent = ((share - 1) * 100).toFixed(1)
    failures.push(
      `measured by what was reachable, the normalized entropy after recovery is ${percent} % above the one before the drift (2 % allowed)`,
    )
  }
  return failures
}

/**
 * Normalized entropy after recovery divided by the one before the drift. Each is first divided by the best reachable in
 * its window, where that is known: chance alone moves the best by some percent from window to window.
 */
export function recoveryShare({
  normalizedEntropy,
  bestReachable,
}: Pick<DemoReport, 'normalizedEntropy' | 'bestReachable'>): number | null {
  const { beforeDrift, afterRecovery } = normalizedEntropy
  if (beforeDrift === null || afterRecovery === null) return null
  const reachable = (bestReachable.afterRecovery ?? 1) / (bestReachable.beforeDrift ?? 1)
  return afterRecovery / beforeDrift / reachable
}
