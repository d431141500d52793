import { describe, expect, it } from 'vitest'
import { TOPIC_KEYS, recordKey, rejoinedPrefix, rejoinedTopic, topicCatalogue } from './catalogue.ts'
import { readCurrentSchema } from './fs-schemas.ts'
import { sampleRecords } from './testing/sample-records.ts'

const catalogue = topicCatalogue({ prefix: 'feed', partitions: 4, replicationFactor: 3 })
const DAY_MS = 86_400_000

describe('topic catalogue', () => {
  it('names every topic after the prefix, with its subject', () => {
    expect(TOPIC_KEYS.map((key) => catalogue[key].name)).toEqual([
      'feed.interactions.v1',
      'feed.item-interactions.v2',
      'feed.users.v1',
      'feed.items.v1',
      'feed.requests.v1',
      'feed.predictions.v1',
      'feed.outcomes.v1',
      'feed.examples.v1',
      'feed.models.v1',
      'feed.model-artifacts.v1',
      'feed.drift.v1',
      'feed.late.v1',
      'feed.dead-letters.v1',
      'feed.erasures.v1',
    ])
    for (const key of TOPIC_KEYS)
      expect(catalogue[key]).toMatchObject({ key, subject: `${catalogue[key].name}-value` })
    expect(topicCatalogue({ prefix: 'b', partitions: 1, replicationFactor: 1 }).users.name).toBe('b.users.v1')
  })

  it('keeps what the design says, as the broker takes it', () => {
    const keptDays = (key: 'requests' | 'outcomes' | 'examples' | 'drift') =>
      Number(catalogue[key].config['retention.ms']) / DAY_MS
    expect([keptDays('requests'), keptDays('outcomes'), keptDays('examples'), keptDays('drift')]).toEqual([
      1, 7, 30, 90,
    ])
    for (const key of ['users', 'models', 'modelArtifacts'] as const) {
      expect(catalogue[key].config).toMatchObject({
        'cleanup.policy': 'compact',
        'max.compaction.lag.ms': '86400000',
      })
    }
    // An erased item may stay twice as long as interactions with it can be replayed.
    expect(catalogue.items.config).toMatchObject({
      'cleanup.policy': 'compact',
      'min.compaction.lag.ms': '604800000',
      'max.compaction.lag.ms': '1209600000',
    })
    // One sender's clock must not bound the event time of others.
    for (const { config } of Object.values(catalogue))
      expect(config['message.timestamp.type']).toBe('LogAppendTime')
    expect(catalogue.interactions.config['max.message.bytes']).toBe(String(12 * 1024 * 1024))
    expect(catalogue.deadLetters.config['max.message.bytes']).toBe(String(16 * 1024 * 1024))
    expect(catalogue.users.config['min.insync.replicas']).toBe('2')
    const unpacked = topicCatalogue({
      prefix: 'feed',
      partitions: 4,
      replicationFactor: 3,
      compression: 'uncompressed',
    })
    for (const key of TOPIC_KEYS) {
      expect(catalogue[key].config['compression.type']).toBe('producer')
      expect(unpacked[key].config['compression.type']).toBe('uncompressed')
    }
    const all = TOPIC_KEYS.flatMap((key) => Object.values(catalogue[key].config))
    expect(all.every((value) => typeof value === 'string')).toBe(true)
  })

  it('keeps erasures longer than whatever they cover', () => {
    const keptMs = (key: (typeof TOPIC_KEYS)[number]) => Number(catalogue[key].config['retention.ms'] ?? 0)
    const covered = [
      'interactions',
      'itemInteractions',
      'requests',
      'predictions',
      'outcomes',
      'examples',
      'deadLetters',
    ]
    for (const key of covered as (typeof TOPIC_KEYS)[number][])
      expect(keptMs('erasures')).toBeGreaterThan(2 * keptMs(key))
  })

  it('gives one partition to what is read in one order', () => {
    const single = TOPIC_KEYS.filter((key) => catalogue[key].partitions === 1)
    expect(single).toEqual(['models', 'modelArtifacts', 'drift', 'deadLetters', 'erasures'])
    expect(catalogue.users.partitions).toBe(4)
  })

  it.each(TOPIC_KEYS)('%s: has a schema, and a key made of its fields', (key) => {
    const { fields } = JSON.parse(readCurrentSchema(catalogue[key].schemaFile)) as {
      fields: { name: string }[]
    }
    const keyFields = catalogue[key].keyField.split('/')
    expect(fields.map((field) => field.name)).toEqual(expect.arrayContaining(keyFields))
    const record = sampleRecords[key] as unknown as Record<string, unknown>
    expect(recordKey(key, sampleRecords[key])).toBe(keyFields.map((field) => record[field]).join('/'))
  })

  it('gives a topic of examples that are joined again a name of its own, and all else of the examples topic', () => {
    const again = rejoinedTopic(catalogue.examples, 'v1')
    expect(again).toEqual({ ...catalogue.examples, name: `${catalogue.examples.name}.v1` })
    expect(TOPIC_KEYS.map((key) => catalogue[key].name)).not.toContain(again.name)
    expect(again.name.startsWith(rejoinedPrefix(catalogue.examples))).toBe(true)
  })

  it('refuses prefixes and numbers that Kafka would', () => {
    for (const prefix of ['', ' feed', 'a/b', '-a', 'x'.repeat(101)]) {
      expect(() => topicCatalogue({ prefix, partitions: 1, replicationFactor: 1 })).toThrow(/prefix/)
    }
    expect(() => topicCatalogue({ prefix: 'a', partitions: 0, replicationFactor: 1 })).toThrow(/partitions/)
    expect(() => topicCatalogue({ prefix: 'a', partitions: 1, replicationFactor: 1.5 })).toThrow(
      /replicationFactor/,
    )
  })
})
