import type { FeatureReader, FeatureSets } from '#feature-store'
import { brokersCheck, type Check, type Checks, joinedCheck, type Runtime } from '#streams'

export interface ScorerCheckParts {
  runtime: Pick<Runtime, 'offsets'>
  features: Pick<FeatureReader, 'check'>
  sets?: Pick<FeatureSets, 'find'> | undefined
  /** On which features the live model was made; undefined: none is live. */
  liveSetId?(): string | undefined
  liveModelId(): string | null
  /** The models topics have been read, and requests are taken. */
  joined: Promise<void>
}

/** What /readyz of the scorer tells. Without a model it is degraded, not waiting: a loop begins without one. */
export function scorerChecks(parts: ScorerCheckParts): Checks {
  const { runtime, features, liveModelId, joined } = parts

  /** A model of another set answers while the states of the configured one are being built. */
  async function checkStore(): Promise<Check> {
    const own = await features.check()
    const liveSetId = parts.liveSetId?.()
    const other = liveSetId === undefined ? undefined : parts.sets?.find(liveSetId)
    if (own.status !== 'waiting' || other === undefined) return own
    const served = await other.check()
    if (served.status !== 'ok') return own
    return {
      status: 'degraded',
      reason: `the old feature set ${String(liveSetId)} and its model go on serving: the states of the configured set are not all there yet`,
    }
  }

  function checkModel(): Check {
    if (liveModelId() !== null) return { status: 'ok' }
    return { status: 'degraded', reason: 'no model is live: candidates are ranked at random (no_model)' }
  }
  return {
    store: checkStore,
    model: checkModel,
    brokers: brokersCheck(runtime, 'requests'),
    stages: joinedCheck(joined),
  }
}
