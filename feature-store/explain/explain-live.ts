import { OperatorError, type Runtime } from '#streams'
import type { FeatureRequest } from '../contract.ts'
import type { CompiledFeatureSet } from '../feature-set.ts'
import { isReady } from '../fence.ts'
import { createReadPlan } from '../read-plan.ts'
import type { StateStore } from '../state-store.ts'
import { viewsOf } from '../vectors/compute-vectors.ts'
import { feedRatesAt } from '../vectors/feed-rates-at.ts'
import { contextValues } from '../vectors/vectorise.ts'
import type { ExplainedRow } from './explain-vector.ts'

/**
 * What the scorer would read of one user and one item now, the first of the request.
 *
 * @throws OperatorError when a partition of theirs is still being built
 */
export async function readRow(
  { runtime, store, featureSet }: { runtime: Runtime; store: StateStore; featureSet: CompiledFeatureSet },
  request: FeatureRequest,
): Promise<ExplainedRow> {
  const plan = createReadPlan(runtime, featureSet)([request])
  const { fences, blobs } = await store.read(plan)
  const ready = fences.filter(isReady)
  if (ready.length < fences.length)
    throw new OperatorError(
      'states_not_ready',
      'states of this configuration are not there yet: start `npx feedloop run features` and wait until it is ready; `npx feedloop check` says what is being built. Or ask the log itself: --at now',
    )
  const { viewOf, feed } = viewsOf(featureSet, { plan, fences: ready, blobs })
  const { userId, itemIds, occurredAtMs: atMs } = request
  const [item, ...others] = itemIds.map((id) => viewOf(plan.item(id), 'item', { id, atMs }))
  return {
    user: viewOf(plan.user(userId), 'user', { id: userId, atMs }),
    item: item!,
    others,
    context: contextValues(featureSet, request.context),
    feedRates: feedRatesAt(featureSet, feed, atMs),
  }
}
