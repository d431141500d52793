import { OperatorError } from '#streams'
import { compileFeatureSet, type CompiledFeatureSet } from '../feature-set.ts'
import { keptNow } from './outlook.ts'
import type { ReplaySession } from './session.ts'
import type { ReplayJob } from './replay-job.ts'

/** States that a replay is held against: where they are, and of which set they are. */
export interface StatesPlace {
  namespace: string
  featureSet: CompiledFeatureSet
}

/**
 * `live`: what is served, of the same layouts where there is such, else of the set that a features service keeps now. Of a replay
 * that was switched to: what was served before it. Else another replay's name.
 *
 * @throws OperatorError `replay_nothing_live`, `replay_unknown`
 */
export async function placeOf(
  { replays, config, featureSet }: ReplaySession,
  job: ReplayJob,
  against: string,
): Promise<StatesPlace> {
  if (against !== 'live') return { namespace: (await replays.job(against)).namespace, featureSet }
  const owned = await replays.ownedSets()
  const nowMs = Math.max(0, ...owned.map(({ atMs }) => atMs))
  const other = keptNow(
    owned.filter(({ statesId }) => statesId !== job.statesId),
    nowMs,
  )
  if (other !== null && (job.kind === 'config' || !owned.some(({ statesId }) => statesId === job.statesId)))
    return { namespace: other.namespace, featureSet: compileFeatureSet(other.features) }
  if (job.kind === 'config')
    throw new OperatorError(
      'replay_nothing_live',
      'No features service keeps another set now: there is nothing to hold this backfill against.',
    )
  const serving = await replays.serving(job.statesId)
  const served = serving?.namespace ?? config.prefix
  if (served !== job.namespace) return { namespace: served, featureSet }
  const kept = serving?.kept.at(-1)
  if (kept !== undefined) return { namespace: kept.namespace, featureSet }
  throw new OperatorError(
    'replay_nothing_live',
    `${job.name} is what is served, and what was served before is removed: there is nothing to hold it against.`,
  )
}
