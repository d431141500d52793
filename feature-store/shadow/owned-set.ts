import { z } from 'zod'
import { featureStoreConfigSchema } from '../config.ts'
import type { CompiledFeatureSet } from '../feature-set.ts'
import { statesIdOf } from '../serving.ts'
import { REPLAY_TOPICS, type ReplayTopic, statesGlob } from './replay-job.ts'

/** What a features service tells of the set that it keeps: `check` holds a configuration against it. */
export const ownedSetSchema = z.strictObject({
  featureSetId: z.string(),
  statesId: z.string(),
  namespace: z.string(),
  /** Patterns of the keys of its states. */
  globs: z.array(z.string()),
  /** The features section of its configuration, whole. */
  features: featureStoreConfigSchema,
  atMs: z.int(),
  /** Kept beside the configured set, for models that were made on it. */
  isBeside: z.literal(true).optional(),
})
export type OwnedSet = z.output<typeof ownedSetSchema>
export const ownedSetsSchema = ownedSetSchema.array()

/** A set that was told of within this is being kept now. */
export const OWNED_NOW_MS = 20_000

/** The layout of the states that are made from each topic. */
export function layoutIdsOf({ layouts }: Pick<CompiledFeatureSet, 'layouts'>): Record<ReplayTopic, string> {
  return {
    interactions: layouts.user.id,
    itemInteractions: layouts.item.id,
    users: layouts.userAttributes.id,
    items: layouts.itemAttributes.id,
  }
}

export function ownedSetOf(
  featureSet: CompiledFeatureSet,
  place: { namespace: string; topicName(topic: ReplayTopic): string; atMs: number },
): OwnedSet {
  const layoutIds = layoutIdsOf(featureSet)
  return {
    featureSetId: featureSet.id,
    statesId: statesIdOf(featureSet),
    namespace: place.namespace,
    globs: REPLAY_TOPICS.map((topic) =>
      statesGlob(place.namespace, { topicName: place.topicName(topic), layoutId: layoutIds[topic] }),
    ),
    features: featureSet.config,
    atMs: place.atMs,
  }
}
