import type { RecordOf, TopicKey } from './records.ts'

/** Which part writes a topic; `feed` is the feed service, outside. */
export type TopicParty =
  'feed' | 'feature-store' | 'scorer' | 'trainer' | 'skew' | 'streams' | 'operations' | 'external trainers'

/** One topic: what `topics apply` makes the broker agree to, and what a reader of it needs to know. */
export interface TopicSpec<K extends TopicKey = TopicKey> {
  key: K
  /** Physical name: prefix.name.version */
  name: string
  /** Schema registry subject of its values. */
  subject: string
  /** Its file in avro/, its folder in history/: the name without prefix, and without version while that is 1. */
  slug: string
  /** Path of its current schema, under schemas/. */
  schemaFile: string
  partitions: number
  replicationFactor: number
  /** Topic configuration as the broker takes it. */
  config: Record<string, string>
  owner: readonly TopicParty[]
  readers: readonly TopicParty[]
  /** The record fields that make the record key. */
  keyField: string
  /** Largest value the codec encodes for it, bytes. */
  valueBytesMax: number
}

export type TopicCatalogue = { readonly [K in TopicKey]: TopicSpec<K> }

export interface TopicCatalogueOptions {
  /** Two loops can share a broker under two prefixes. */
  prefix: string
  /** Of every keyed topic; those that must be read in one order have one. */
  partitions: number
  replicationFactor: number
  /** 'producer' keeps what each producer made of its batches; 'uncompressed' has brokers unpack them. */
  compression?: 'producer' | 'uncompressed'
}

const MIB = 1024 * 1024
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** What a batch and its headers may add to the largest value. */
const ENVELOPE_BYTES = 64 * 1024

interface TopicShape {
  slug: string
  /** Counts incompatible changes of the record; 1 when left out. */
  version?: number
  key: string
  owner: readonly TopicParty[]
  readers: readonly TopicParty[]
  kept: { forMs: number } | { compactedWithinMs: number; wholeForMs?: number }
  onePartition?: true
  messageBytesMax?: number
}

const shapes: Record<TopicKey, TopicShape> = {
  interactions: {
    slug: 'interactions',
    key: 'userId',
    owner: ['feed'],
    readers: ['feature-store', 'trainer'],
    kept: { forMs: 7 * DAY_MS },
  },
  itemInteractions: {
    slug: 'item-interactions',
    // v1 had a record per copy; see feature-store/README.md, Decisions.
    version: 2,
    key: 'sourcePartition',
    owner: ['feature-store'],
    readers: ['feature-store'],
    kept: { forMs: 7 * DAY_MS },
  },
  users: {
    slug: 'users',
    key: 'userId',
    owner: ['feed'],
    readers: ['feature-store'],
    kept: { compactedWithinMs: DAY_MS },
  },
  items: {
    slug: 'items',
    key: 'itemId',
    owner: ['feed'],
    readers: ['feature-store'],
    // A rebuild must find the attributes an item had when its interactions were folded.
    kept: { compactedWithinMs: 14 * DAY_MS, wholeForMs: 7 * DAY_MS },
  },
  requests: {
    slug: 'requests',
    key: 'userId',
    owner: ['feed'],
    readers: ['scorer'],
    kept: { forMs: DAY_MS },
  },
  predictions: {
    slug: 'predictions',
    key: 'userId',
    owner: ['scorer'],
    readers: ['feed', 'trainer'],
    kept: { forMs: 7 * DAY_MS },
  },
  outcomes: {
    slug: 'outcomes',
    key: 'userId',
    owner: ['feed'],
    readers: ['trainer'],
    kept: { forMs: 7 * DAY_MS },
  },
  examples: {
    slug: 'examples',
    key: 'userId',
    owner: ['trainer'],
    readers: ['trainer', 'external trainers'],
    kept: { forMs: 30 * DAY_MS },
  },
  models: {
    slug: 'models',
    key: 'modelId',
    owner: ['trainer', 'operations'],
    readers: ['scorer'],
    kept: { compactedWithinMs: DAY_MS },
    onePartition: true,
  },
  modelArtifacts: {
    slug: 'model-artifacts',
    key: 'modelId/index',
    owner: ['trainer', 'operations'],
    readers: ['scorer'],
    kept: { compactedWithinMs: DAY_MS },
    onePartition: true,
  },
  drift: {
    slug: 'drift',
    key: 'monitor',
    owner: ['trainer', 'skew'],
    readers: ['operations', 'trainer'],
    kept: { forMs: 90 * DAY_MS },
    onePartition: true,
  },
  late: {
    slug: 'late',
    key: 'userId',
    owner: ['feature-store'],
    readers: ['operations'],
    kept: { forMs: 30 * DAY_MS },
  },
  deadLetters: {
    slug: 'dead-letters',
    key: 'topic',
    owner: ['streams'],
    readers: ['operations'],
    kept: { forMs: 30 * DAY_MS },
    onePartition: true,
    messageBytesMax: 16 * MIB,
  },
  erasures: {
    slug: 'erasures',
    key: 'entity/id',
    owner: ['feature-store', 'operations'],
    readers: ['feature-store', 'trainer', 'operations'],
    // Longer than anything that an erasure is about: a record it covers is never read without it.
    kept: { forMs: 90 * DAY_MS },
    onePartition: true,
  },
}

/** Every topic of the loop, in the order in which a record travels. */
export const TOPIC_KEYS = Object.keys(shapes) as readonly TopicKey[]

/** Topic names Kafka takes, with room for the longest of ours. */
const PREFIX = /^[a-zA-Z0-9][a-zA-Z0-9._-]{0,99}$/

/**
 * Name, key, partitions, retention, schema and owner of every topic: the one place that knows.
 *
 * @throws RangeError when the prefix is no topic name or a number is not positive.
 */
export function topicCatalogue(options: TopicCatalogueOptions): TopicCatalogue {
  const { prefix, partitions, replicationFactor } = options
  if (!PREFIX.test(prefix)) {
    throw new RangeError(
      `prefix ${JSON.stringify(prefix)} must be 1-100 of a-z A-Z 0-9 . _ - and begin with a letter or digit`,
    )
  }
  for (const [name, value] of Object.entries({ partitions, replicationFactor })) {
    if (!Number.isInteger(value) || value < 1)
      throw new RangeError(`${name} must be a positive integer, not ${value}`)
  }
  const specs = TOPIC_KEYS.map((key) => [key, topicSpec(key, shapes[key], options)])
  return Object.fromEntries(specs) as TopicCatalogue
}

function topicSpec(key: TopicKey, shape: TopicShape, options: TopicCatalogueOptions): TopicSpec {
  const { version = 1 } = shape
  const name = `${options.prefix}.${shape.slug}.v${version}`
  const slug = version === 1 ? shape.slug : `${shape.slug}-v${version}`
  const messageBytesMax = shape.messageBytesMax ?? 12 * MIB
  return {
    key,
    name,
    subject: `${name}-value`,
    slug,
    schemaFile: `avro/${slug}.avsc`,
    partitions: shape.onePartition ? 1 : options.partitions,
    replicationFactor: options.replicationFactor,
    config: {
      ...keptConfig(shape.kept),
      'max.message.bytes': String(messageBytesMax),
      'compression.type': options.compression ?? 'producer',
      // A sender's clock must not say how late it is for others.
      'message.timestamp.type': 'LogAppendTime',
      'min.insync.replicas': options.replicationFactor >= 3 ? '2' : '1',
    },
    owner: shape.owner,
    readers: shape.readers,
    keyField: shape.key,
    valueBytesMax: messageBytesMax - ENVELOPE_BYTES,
  }
}

/** What every topic of examples that were joined again is called, before its own name. */
export const rejoinedPrefix = (examples: Pick<TopicSpec, 'name'>): string => `${examples.name}.`

/**
 * A topic of examples that were joined again (`replay start --what examples`): as the examples topic is, beside it.
 *
 * @example rejoinedTopic(catalogue.examples, 'long-clicks').name // feed.examples.v1.long-clicks
 */
export const rejoinedTopic = (examples: TopicSpec, name: string): TopicSpec => ({
  ...examples,
  name: `${rejoinedPrefix(examples)}${name}`,
})

/** Compaction alone may leave an erased user in the log for ever: the lag bound makes erasure happen in time. */
function keptConfig(kept: TopicShape['kept']): Record<string, string> {
  if ('forMs' in kept) return { 'cleanup.policy': 'delete', 'retention.ms': String(kept.forMs) }
  return {
    'cleanup.policy': 'compact',
    'max.compaction.lag.ms': String(kept.compactedWithinMs),
    ...(kept.wholeForMs === undefined ? {} : { 'min.compaction.lag.ms': String(kept.wholeForMs) }),
    'delete.retention.ms': String(DAY_MS),
  }
}

const keys: { [K in TopicKey]: (record: RecordOf[K]) => string } = {
  interactions: (record) => record.userId,
  itemInteractions: (record) => String(record.sourcePartition),
  users: (record) => record.userId,
  items: (record) => record.itemId,
  requests: (record) => record.userId,
  predictions: (record) => record.userId,
  outcomes: (record) => record.userId,
  examples: (record) => record.userId,
  models: (record) => record.modelId,
  modelArtifacts: (record) => `${record.modelId}/${record.index}`,
  drift: (record) => record.monitor,
  late: (record) => record.userId,
  deadLetters: (record) => record.topic,
  erasures: (record) => `${record.entity}/${record.id}`,
}

/** The record key under which a record of this topic is produced. */
export function recordKey<K extends TopicKey>(topic: K, record: RecordOf[K]): string {
  return keys[topic](record)
}
