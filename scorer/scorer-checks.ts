import type { FeatureReader } from '#feature-store'
import { brokersCheck, type Check, type Checks, joinedCheck, type Runtime } from '#streams'

export interface ScorerCheckParts {
  runtime: Pick<Runtime, 'offsets'>
  features: Pick<FeatureReader, 'check'>
  liveModelId(): string | null
  /** The models topics have been read, and requests are taken. */
  joined: Promise<void>
}

/** What /readyz of the scorer tells. Without a model it is degraded, not waiting: a loop begins without one. */
export function scorerChecks({ runtime, features, liveModelId, joined }: ScorerCheckParts): Checks {
  function checkModel(): Check {
    if (liveModelId() !== null) return { status: 'ok' }
    return { status: 'degraded', reason: 'no model is live: candidates are ranked at random (no_model)' }
  }
  return {
    store: () => features.check(),
    model: checkModel,
    brokers: brokersCheck(runtime, 'requests'),
    stages: joinedCheck(joined),
  }
}
