import { randomUUID } from 'node:crypto'
import { featureStoreConfigSchema, openFeedStore } from '#feature-store'
import { topicCatalogue } from '#schemas'
import {
  type Addresses,
  applyTopics,
  connectRuntime,
  createRedis,
  explainRedis,
  type KafkaAddress,
  type RedisAddress,
  silentLogger,
  type StreamsConfig,
} from '#streams'
import { openRegistry, type RegistryAddress, requestRegistry } from '#schemas'
import { type SecureStack, startFeedloop } from '#streams/testing'

/** Something that somebody tries and may not do. */
export interface Attempt {
  who: string
  what: string
  /** Rejects, or answers with the sentence of a command that failed. */
  act(): Promise<unknown>
}

export interface AttemptsOptions {
  stack: SecureStack
  config: StreamsConfig
  /** For commands. */
  feedFile: string
}

/** Of no user. */
export const NO_PASSWORD = 'not-the-password'
/** A key of another feed. */
const FOREIGN_KEY = 'another-feed:of-an-attempt'

/** Every way in that must be shut: nothing of them may arrive. */
export async function attemptsOf(options: AttemptsOptions): Promise<Attempt[]> {
  const { stack } = options
  const [feed, scorer, features] = await Promise.all([
    stack.as('feed'),
    stack.as('scorer'),
    stack.as('features'),
  ])
  return [
    ...(await kafkaAttempts(options, feed, scorer)),
    ...redisAttempts(options, scorer, features, feed),
    ...registryAttempts(options, feed),
  ]
}

async function kafkaAttempts(
  { stack, config, feedFile }: AttemptsOptions,
  feed: Addresses,
  scorer: Addresses,
): Promise<Attempt[]> {
  const { brokers, tls, sasl } = feed.kafka
  const connectAs = (kafka: KafkaAddress) => writeAs({ ...feed, kafka }, config)
  const asWrong = { ...sasl, password: NO_PASSWORD } as KafkaAddress['sasl']
  const asNobody = { ...asWrong, username: 'stranger' } as KafkaAddress['sasl']
  const controller = [`127.0.0.1:${String(await stack.controllerPort())}`]
  const { prefix } = config
  const topic = { ...topicCatalogue({ prefix, ...config.kafka }).drift, name: `${prefix}.of-the-feed.v1` }
  return [
    { who: 'nobody', what: 'Kafka without TLS', act: () => connectAs({ brokers }) },
    { who: 'nobody', what: 'Kafka without a login', act: () => connectAs({ brokers, tls }) },
    {
      who: 'feed',
      what: 'Kafka, its authority not known',
      act: () => connectAs({ brokers, tls: { enabled: true }, sasl }),
    },
    { who: 'stranger', what: 'Kafka', act: () => connectAs({ brokers, tls, sasl: asNobody }) },
    { who: 'feed', what: 'Kafka, wrong password', act: () => connectAs({ brokers, tls, sasl: asWrong }) },
    { who: 'nobody', what: "the controller's port, plain", act: () => connectAs({ brokers: controller }) },
    {
      who: 'feed',
      what: "the controller's port, TLS",
      act: () => connectAs({ brokers: controller, tls }),
    },
    { who: 'scorer', what: 'write interactions', act: () => writeAs(scorer, config) },
    { who: 'feed', what: 'make a topic', act: () => applyTopics(feed, [topic]) },
    {
      who: 'scorer',
      what: 'run trainer',
      act: () => failureOf(startFeedloop(['run', 'trainer'], scorer, { FEEDLOOP_CONFIG: feedFile })),
    },
  ]
}

function redisAttempts(
  { config }: AttemptsOptions,
  scorer: Addresses,
  features: Addresses,
  feed: Addresses,
): Attempt[] {
  const { url, tls } = scorer.redis
  const open = (redis: RedisAddress) =>
    openFeedStore(redis, { prefix: config.prefix, features: featureConfig })
  const plain = url.replace('rediss:', 'redis:')
  return [
    { who: 'nobody', what: 'Redis without TLS', act: () => open({ url: plain }) },
    { who: 'nobody', what: 'Redis without a login', act: () => open({ url, tls }) },
    {
      who: 'scorer',
      what: 'Redis, wrong password',
      act: () => open({ ...scorer.redis, password: NO_PASSWORD }),
    },
    { who: 'feed', what: 'Redis', act: () => open(feed.redis) },
    {
      who: 'scorer',
      what: 'write a state (SET)',
      act: () => command(scorer.redis, 'set', ownKey(config), 'of the scorer'),
    },
    { who: 'scorer', what: 'FLUSHALL', act: () => command(scorer.redis, 'flushall') },
    { who: 'features', what: 'KEYS *', act: () => command(features.redis, 'keys', '*') },
    {
      who: 'features',
      what: 'write a key of another feed',
      act: () => command(features.redis, 'set', FOREIGN_KEY, 'of the features service'),
    },
  ]
}

const featureConfig = featureStoreConfigSchema.parse({})
/** No state's, but where states are. */
const ownKey = ({ prefix }: StreamsConfig): string => `${prefix}:of-an-attempt`

function registryAttempts({ config }: AttemptsOptions, { registry }: Addresses): Attempt[] {
  const { url, tls, ...login } = registry
  const subject = ownSubject(config)
  const lookUp = (address: RegistryAddress) => openRegistry(address).lookup(subject, SCHEMA)
  const attempt = (who: string, what: string, address: Partial<RegistryAddress>): Attempt => ({
    who,
    what,
    act: () => lookUp({ url, ...(tls === undefined ? {} : { tls }), ...address }),
  })
  return [
    attempt('feed', 'registry without TLS', { ...login, url: url.replace('https:', 'http:') }),
    { who: 'nobody', what: 'registry, its authority not known', act: () => lookUp({ url }) },
    attempt('nobody', 'registry without a login', {}),
    attempt('feed', 'registry, wrong password', { ...login, password: NO_PASSWORD }),
    attempt('stranger', 'registry', { ...login, username: 'stranger' }),
    attempt('feed', 'registry, wrong path', { ...login, url: url.replace(/ccompat.*/, 'elsewhere') }),
    { who: 'feed', what: 'register a schema', act: () => openRegistry(registry).register(subject, SCHEMA) },
  ]
}

const SCHEMA = '"string"'
/** No topic's. */
const ownSubject = ({ prefix }: StreamsConfig): string => `${prefix}.of-an-attempt-value`

/** What of all this is there afterwards. */
export async function acceptedOf({ stack, config }: AttemptsOptions): Promise<string[]> {
  const admin = await stack.as('admin')
  const accepted: string[] = []
  const subjects = (await (await requestRegistry(admin.registry, '/subjects')).json()) as string[]
  if (subjects.includes(ownSubject(config))) accepted.push('a schema')
  const redis = createRedis(admin.redis)
  try {
    const found = (await redis.exists(ownKey(config))) + (await redis.exists(FOREIGN_KEY))
    if (found > 0) accepted.push(`${String(found)} keys in Redis`)
    return accepted
  } finally {
    redis.disconnect()
  }
}

/** One interaction, as far as it gets. */
async function writeAs(addresses: Addresses, config: StreamsConfig): Promise<void> {
  const runtime = await connectRuntime({ addresses, config, clientId: 'attempt', log: silentLogger })
  try {
    const outputs = await runtime.outputs('attempt')
    try {
      const userId = ATTEMPT_USER
      const place = { itemId: 'i1', type: 'click', requestId: null, position: null, value: null }
      const value = { ...place, userId, interactionId: randomUUID(), occurredAtMs: runtime.clock.nowMs() }
      outputs.add('interactions', { key: userId, value })
      await outputs.flush()
    } finally {
      await outputs.close()
    }
  } finally {
    await runtime.close()
  }
}

/** Whose interactions must not be there. */
export const ATTEMPT_USER = 'of-an-attempt'

async function command(address: RedisAddress, name: string, ...args: string[]): Promise<unknown> {
  const redis = createRedis(address)
  redis.on('error', () => undefined) // the command tells
  try {
    return await redis.call(name, args)
  } catch (error) {
    throw explainRedis(error, address)
  } finally {
    redis.disconnect()
  }
}

/** @throws Error with the sentence, when the command failed */
async function failureOf({ ended }: ReturnType<typeof startFeedloop>): Promise<void> {
  const { exitCode, stderr } = await ended
  if (exitCode === 0) return
  const sentence = stderr
    .trim()
    .split('\n')
    .filter((line) => !line.startsWith('{'))
    .at(-1)
  throw new Error(sentence ?? stderr)
}
