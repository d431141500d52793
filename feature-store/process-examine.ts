import { createDecoder, openRegistry } from '#schemas'
import { type Addresses, ASK_ONCE, catalogueOf, type Finding, readErasures, warning } from '#streams'
import { judgeErasures } from './erasure/judge-erasures.ts'
import { judgeEntities, judgeExpiry } from './expiry/judge-entities.ts'
import { askEntities } from './expiry/redis-entities.ts'
import { compileFeatureSet } from './feature-set.ts'
import { openRedisStore } from './redis-store.ts'
import { servingKey, statesIdOf } from './serving.ts'
import { examineOutlook } from './shadow/kafka-outlook.ts'
import type { ReplayConfig } from './shadow/session.ts'
import { partitionTag } from './state-store.ts'

/** For doctor: states, how many there are, what is forgotten, and who is being erased. */
export async function examineStates(config: ReplayConfig, where: Partial<Addresses>): Promise<Finding[]> {
  const { redis, kafka, registry } = where
  if (redis === undefined || kafka === undefined) return []
  const findings = [...(await examineOutlook(config, { redis, kafka })), judgeExpiry(config.features)]
  findings.push(...(await orNotChecked('users and items kept', () => entitiesOf(config, redis))))
  if (registry !== undefined)
    findings.push(...(await orNotChecked('erasures', () => erasuresOf(config, { redis, kafka, registry }))))
  return findings
}

async function orNotChecked(check: string, ask: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await ask()
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return [warning(check, `not checked: ${why}`, 'See what doctor says of Kafka, the registry and Redis.')]
  }
}

/** The topics of which states are kept, with their partitions by the configuration. */
function countedTopics(config: ReplayConfig) {
  const featureSet = compileFeatureSet(config.features)
  const { interactions, itemInteractions } = catalogueOf(config)
  const { user, item } = featureSet.layouts
  const topics = [
    { name: interactions.name, partitions: interactions.partitions, layoutId: user.id },
    { name: itemInteractions.name, partitions: itemInteractions.partitions, layoutId: item.id },
  ]
  return { featureSet, topics }
}

async function entitiesOf(config: ReplayConfig, redis: Addresses['redis']): Promise<Finding[]> {
  const { featureSet, topics } = countedTopics(config)
  const [users = [], items = []] = await askEntities(redis, { prefix: config.prefix, featureSet }, topics)
  return [judgeEntities('users', users, config.features), judgeEntities('items', items, config.features)]
}

async function erasuresOf(config: ReplayConfig, { kafka, registry, redis }: Addresses): Promise<Finding[]> {
  const catalogue = catalogueOf(config)
  const decoder = createDecoder(openRegistry(registry, ASK_ONCE), catalogue)
  const book = await readErasures({ kafka }, catalogue.erasures.name, decoder)
  const { featureSet, topics } = countedTopics(config)
  const store = await openRedisStore(redis, config.prefix, {
    servingKey: servingKey(config.prefix, statesIdOf(featureSet)),
  })
  try {
    const folded = new Map<string, number | null>()
    for (const { name, partitions, layoutId } of topics) {
      const tags = Array.from({ length: partitions }, (_, partition) =>
        partitionTag(name, partition, layoutId),
      )
      for (const [partition, fence] of (await store.fences(tags)).entries())
        folded.set(`${name}/${String(partition)}`, fence?.nextOffset ?? null)
    }
    const marked = new Set(topics.map(({ name }) => name))
    const upTo = (topic: string, partition: number) => folded.get(`${topic}/${String(partition)}`) ?? null
    return [judgeErasures(book.all(), marked, upTo, Date.now())]
  } finally {
    await store.close()
  }
}
