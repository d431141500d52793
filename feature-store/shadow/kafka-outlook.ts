import { setTimeout as sleep } from 'node:timers/promises'
import {
  catalogueOf,
  type Finding,
  type KafkaAddress,
  ok,
  OperatorError,
  type RedisAddress,
  warning,
} from '#streams'
import { compileFeatureSet } from '../feature-set.ts'
import { openRedisStore } from '../redis-store.ts'
import { partitionTag } from '../state-store.ts'
import { statesIdOf } from '../serving.ts'
import { openLogRange } from './kafka-range.ts'
import { keptNow, type Outlook, outlookLines, outlookOf, type TopicFences } from './outlook.ts'
import { layoutIdsOf } from './owned-set.ts'
import { openReplays } from './redis-replays.ts'
import { REPLAY_TOPICS } from './replay-job.ts'
import type { ReplayConfig } from './session.ts'

interface Where {
  redis: RedisAddress
  kafka: KafkaAddress
}

/** `check` and `doctor` do not wait longer for services that do not answer. */
const WAIT_MS = 15_000

/** What a restart with this configuration would mean, asked of Redis and Kafka. @throws when they do not answer in time */
export async function outlookNow(config: ReplayConfig, where: Where): Promise<Outlook> {
  const late = new AbortController()
  try {
    return await Promise.race([
      askOutlook(config, where),
      sleep(WAIT_MS, undefined, { signal: late.signal }).then(() => {
        throw new OperatorError(
          'outlook_late',
          `Redis and Kafka did not answer within ${String(WAIT_MS / 1_000)} s.`,
        )
      }),
    ])
  } finally {
    late.abort()
  }
}

async function askOutlook(config: ReplayConfig, { redis, kafka }: Where): Promise<Outlook> {
  const featureSet = compileFeatureSet(config.features)
  const replays = await openReplays(redis, config.prefix, config.features.limits.commandTimeoutMs)
  try {
    const kept = keptNow(await replays.ownedSets(), Date.now())
    const namespace = (await replays.serving(statesIdOf(featureSet)))?.namespace ?? config.prefix
    const store = await openRedisStore(redis, namespace)
    const range = await openLogRange(kafka).catch(async (error: unknown) => {
      await store.close()
      throw error
    })
    try {
      const layoutIds = layoutIdsOf(featureSet)
      const catalogue = catalogueOf(config)
      const found: Partial<TopicFences> = {}
      for (const topic of REPLAY_TOPICS) {
        const { name } = catalogue[topic]
        const { highs } = await range.ends(name)
        const tags = highs.map((_, partition) => partitionTag(name, partition, layoutIds[topic]))
        found[topic] = { fences: await store.fences(tags), highs }
      }
      return outlookOf(featureSet, kept, found as TopicFences)
    } finally {
      await range.close()
      await store.close()
    }
  } finally {
    await replays.close()
  }
}

/** For doctor: whether the services of this configuration would be ready at once. */
export async function examineOutlook(config: ReplayConfig, where: Where): Promise<Finding[]> {
  const check = 'feature states'
  let outlook: Outlook
  try {
    outlook = await outlookNow(config, where)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return [warning(check, `not checked: ${why}`, 'See what doctor says of Kafka and Redis.')]
  }
  const { warnings } = outlookLines(outlook, null)
  if (warnings.length > 0)
    return warnings.map((found) =>
      warning(
        check,
        found,
        'Build them beside what runs: `feedloop replay start --for-config --into NAME`, and restart when it is caught up.',
      ),
    )
  if (outlook.keptSetId === null) return [ok(check, 'no features service tells what it keeps now')]
  return [
    ok(
      check,
      outlook.isSameSet
        ? 'the features service keeps this configuration'
        : 'all that this configuration needs are there',
    ),
  ]
}
