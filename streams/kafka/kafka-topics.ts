import { setTimeout as sleep } from 'node:timers/promises'
import type { Admin } from 'kafkajs'
import { streamsLimitsSchema } from '../config.ts'
import type { Addresses, KafkaAddress } from '../contract.ts'
import { KafkaTransientError, OperatorError } from '../errors.ts'
import { createKafka, reachBrokers } from './kafka-client.ts'
import { classifyKafkaError } from './kafka-errors.ts'
import { silentLogger } from '../log.ts'
import type { Logger } from '../stage.ts'
import {
  type FoundTopic,
  planTopics,
  settingsRefused,
  type TopicChange,
  type WantedTopic,
} from '../topics.ts'

/** ConfigResourceTypes.TOPIC: Node's ESM loader does not see that name in kafkajs, a CommonJS package. */
const TOPIC_RESOURCE = 2
/** DescribeConfigs' source of a setting that is on the topic itself. */
const TOPIC_CONFIG_SOURCE = 1
const SERVED_ATTEMPTS_MAX = 100
const SERVED_DELAY_MS = 100

/**
 * Makes the broker agree with the catalogue: creates what is missing, alters settings that differ.
 *
 * @returns what was done, in the order of `specs`
 * @throws OperatorError `partitions_differ` before anything is changed when a topic has another partition count;
 *   `topic_settings_refused` with what stays as it was, and what follows
 */
export async function applyTopics(
  { kafka: address }: Pick<Addresses, 'kafka'>,
  specs: Iterable<WantedTopic>,
  log: Logger = silentLogger,
): Promise<TopicChange[]> {
  const wanted = [...specs]
  return withAdmin(address, log, async (admin) => {
    const changes = planTopics(
      wanted,
      await foundTopics(
        admin,
        wanted.map(({ name }) => name),
      ),
    )
    const refused = changes.filter((change) => change.kind === 'refuse')
    if (refused.length > 0)
      throw new OperatorError('partitions_differ', refused.map(({ why }) => why).join('\n'))

    const created = changes.filter((change) => change.kind === 'create')
    if (created.length > 0) {
      await admin.createTopics({ waitForLeaders: false, topics: created.map(({ topic }) => creation(topic)) })
      await untilServed(
        admin,
        created.map(({ topic }) => topic),
      )
    }
    const altered = changes.filter((change) => change.kind === 'alter')
    if (altered.length > 0) {
      // AlterConfigs replaces all settings of a topic: `config` carries those that someone else made, too.
      const resources = altered.map(({ topic, config }) => ({
        type: TOPIC_RESOURCE,
        name: topic.name,
        configEntries: entriesOf(config),
      }))
      await admin.alterConfigs({ validateOnly: false, resources }).catch((cause: unknown) => {
        const reason = codeOfRefusal(cause)
        if (reason === null) throw cause
        throw new OperatorError('topic_settings_refused', settingsRefused(altered, reason), { cause })
      })
    }
    return changes
  })
}

/** Brokers that will not, as opposed to brokers that do not answer. */
const REFUSALS = new Set(['POLICY_VIOLATION', 'INVALID_CONFIG', 'TOPIC_AUTHORIZATION_FAILED'])

function codeOfRefusal(error: unknown): string | null {
  const type = error instanceof Error && 'type' in error ? String(error.type) : ''
  return REFUSALS.has(type) ? type : null
}

/** How the broker has these topics; those that do not exist are left out. */
export async function describeTopics(
  { kafka: address }: Pick<Addresses, 'kafka'>,
  names: readonly string[],
  log: Logger = silentLogger,
): Promise<FoundTopic[]> {
  return withAdmin(address, log, async (admin) => {
    const found = await foundTopics(admin, names)
    const hidden = names.find((name) => !found.has(name))
    if (hidden !== undefined) await mustSee(admin, hidden)
    return [...found.values()]
  })
}

/** How the broker has the topics whose names begin so. */
export async function topicsBelow(
  { kafka: address }: Pick<Addresses, 'kafka'>,
  beginning: string,
  log: Logger = silentLogger,
): Promise<FoundTopic[]> {
  return withAdmin(address, log, async (admin) => {
    const names = (await admin.listTopics()).filter((name) => name.startsWith(beginning)).sort()
    return [...(await foundTopics(admin, names)).values()]
  })
}

/** Removes topics that exist, and waits until brokers tell of them no more: who makes them anew at once would find them there. */
export async function deleteTopics(
  { kafka: address }: Pick<Addresses, 'kafka'>,
  names: readonly string[],
): Promise<void> {
  await withAdmin(address, silentLogger, async (admin) => {
    const there = new Set(await admin.listTopics())
    const topics = names.filter((name) => there.has(name))
    if (topics.length === 0) return
    await admin.deleteTopics({ topics })
    for (let attempt = 1; attempt <= SERVED_ATTEMPTS_MAX; attempt++) {
      const left = new Set(await admin.listTopics())
      if (!topics.some((name) => left.has(name))) return
      await sleep(SERVED_DELAY_MS)
    }
  })
}

function creation({ name, partitions, replicationFactor, config }: WantedTopic) {
  return { topic: name, numPartitions: partitions, replicationFactor, configEntries: entriesOf(config) }
}

/**
 * kafkajs' own wait gives up when a broker has not heard of the topic yet. A broker tells a leader before that
 * leader has made its logs: the topic is served when the leaders answer, too.
 */
async function untilServed(admin: Admin, topics: readonly WantedTopic[]): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      const { topics: served } = await admin.fetchTopicMetadata({ topics: topics.map(({ name }) => name) })
      const counts = new Map(
        served.map(({ name, partitions }) => [name, partitions.filter(({ leader }) => leader >= 0).length]),
      )
      if (topics.every(({ name, partitions }) => counts.get(name) === partitions)) {
        for (const { name } of topics) await admin.fetchTopicOffsets(name)
        return
      }
    } catch (error) {
      if (attempt === SERVED_ATTEMPTS_MAX) throw error
    }
    if (attempt === SERVED_ATTEMPTS_MAX)
      throw new KafkaTransientError('the new topics have no leaders yet; try again')
    await sleep(SERVED_DELAY_MS)
  }
}

const entriesOf = (config: Readonly<Record<string, string>>) =>
  Object.entries(config).map(([name, value]) => ({ name, value }))

async function foundTopics(admin: Admin, names: readonly string[]): Promise<Map<string, FoundTopic>> {
  const listed = new Set(await admin.listTopics())
  const there = names.filter((name) => listed.has(name))
  if (there.length === 0) return new Map()
  const { topics } = await admin.fetchTopicMetadata({ topics: there })
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: there.map((name) => ({ type: TOPIC_RESOURCE, name })),
  })
  return new Map(
    topics.map(({ name, partitions }) => {
      const entries = resources.find(({ resourceName }) => resourceName === name)?.configEntries ?? []
      const pairs = entries.map(({ configName, configValue }) => [configName, configValue] as const)
      const own = entries.filter(({ configSource }) => (configSource as number) === TOPIC_CONFIG_SOURCE)
      const found: FoundTopic = {
        name,
        partitions: partitions.length,
        replicationFactor: partitions[0]?.replicas.length ?? 0,
        config: Object.fromEntries(pairs),
        ownConfig: Object.fromEntries(own.map(({ configName, configValue }) => [configName, configValue])),
      }
      return [name, found] as const
    }),
  )
}

/** One admin connection for one question. */
export async function withAdmin<T>(
  address: KafkaAddress,
  log: Logger,
  ask: (admin: Admin) => Promise<T>,
): Promise<T> {
  const client = { address, clientId: 'feedloop-admin', limits: streamsLimitsSchema.parse({}), log }
  await reachBrokers(client)
  const admin = createKafka(client).admin()
  try {
    await admin.connect()
    return await ask(admin)
  } catch (error) {
    throw classifyKafkaError(error, address.brokers)
  } finally {
    await admin.disconnect()
  }
}

/** Brokers list the topics that we may describe: one that is not listed need not be missing. @throws the refusal */
export async function mustSee(admin: Admin, name: string): Promise<void> {
  try {
    await admin.fetchTopicMetadata({ topics: [name] })
  } catch (error) {
    if (classifyKafkaError(error, []).code === 'kafka_permission') throw error
  }
}
