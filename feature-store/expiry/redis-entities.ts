import type { RedisAddress } from '#streams'
import type { CompiledFeatureSet } from '../feature-set.ts'
import { openRedisStore } from '../redis-store.ts'
import { servingKey, statesIdOf } from '../serving.ts'
import { activityBounds } from '../stages/partition-activity.ts'
import { decodeActivity } from '../state/activity.ts'
import { partitionTag } from '../state-store.ts'
import type { CountedEntities } from './judge-entities.ts'

/** The users, or items, that the partitions of a topic count; null: nobody counts them yet. */
export async function askEntities(
  redis: RedisAddress,
  { prefix, featureSet }: { prefix: string; featureSet: CompiledFeatureSet },
  topics: readonly { name: string; partitions: number; layoutId: string }[],
): Promise<(CountedEntities | null)[][]> {
  const store = await openRedisStore(redis, prefix, {
    servingKey: servingKey(prefix, statesIdOf(featureSet)),
  })
  const bounds = activityBounds(featureSet.config)
  try {
    return await Promise.all(
      topics.map(({ name, partitions, layoutId }) =>
        Promise.all(
          Array.from({ length: partitions }, async (_, partition) => {
            const blob = await store.activity(partitionTag(name, partition, layoutId))
            if (blob === null) return null
            const { entities, horizonMs } = decodeActivity(bounds, blob)
            return { entities, horizonMs }
          }),
        ),
      ),
    )
  } finally {
    await store.close()
  }
}
