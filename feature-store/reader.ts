import type { Runtime } from '#streams'
import { createAttributeWatch } from './attributes/attribute-watch.ts'
import type { FeatureAnswer, FeatureReader, FeatureRequest } from './contract.ts'
import type { CompiledFeatureSet } from './feature-set.ts'
import { isReady } from './fence.ts'
import { createReadPlan, partitionTags } from './read-plan.ts'
import { SIGNALS } from './signals.ts'
import type { StateStore } from './state-store.ts'
import { checkStates } from './states-check.ts'
import { computeVectors } from './vectors/compute-vectors.ts'

/**
 * Reads vectors for a micro-batch of rank requests: one store read for all users, candidates, attributes and
 * fences, then arithmetic as of each request's event time. Nothing is kept between reads.
 */
export function createFeatureReader(parts: {
  runtime: Runtime
  store: StateStore
  featureSet: CompiledFeatureSet
}): FeatureReader {
  const { runtime, store, featureSet } = parts
  const { clock, signals } = runtime
  const planRead = createReadPlan(runtime, featureSet)
  const watchContext = createAttributeWatch(featureSet.config, 'context', signals)

  async function answer(requests: readonly FeatureRequest[]): Promise<FeatureAnswer> {
    const plan = planRead(requests)
    signals.observe(SIGNALS.readKeys, plan.fences.length + plan.blobs.length)
    let reading
    try {
      reading = await store.read(plan)
    } catch (cause) {
      return { kind: 'unavailable', cause }
    }
    const { fences, blobs } = reading
    const ready = fences.filter(isReady)
    if (ready.length < fences.length) return { kind: 'not_ready' }
    const { staleRows, ...vectors } = computeVectors(featureSet, requests, { plan, fences: ready, blobs })
    if (staleRows > 0) signals.count(SIGNALS.rowsStale, {}, staleRows)
    return { kind: 'vectors', vectors }
  }

  const tags = partitionTags(runtime, featureSet)
  return {
    featureSet,
    check: () => checkStates(store, tags),
    async read(requests) {
      const startedMs = clock.nowMs()
      for (const { context } of requests) watchContext(context)
      const answered = await answer(requests)
      signals.observe(SIGNALS.readSeconds, (clock.nowMs() - startedMs) / 1_000)
      signals.count(SIGNALS.readsAnswered, { answer: answered.kind })
      return answered
    },
  }
}
