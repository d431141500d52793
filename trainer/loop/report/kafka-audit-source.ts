import type { Codec, RecordOf, TopicKey } from '#schemas'
import { readTopic, type Addresses, type Runtime } from '#streams'
import type { AuditSource, LoggedRecord } from './audit.ts'

/** Topics on real brokers, each read from its beginning to its end. */
export function kafkaAuditSource(
  addresses: Pick<Addresses, 'kafka'>,
  { codec, topicName }: Pick<Runtime, 'codec' | 'topicName'>,
): AuditSource {
  async function* read<K extends TopicKey>(topic: K): AsyncGenerator<LoggedRecord<K>> {
    for await (const raw of readTopic({ addresses, topicName: topicName(topic) })) {
      const value = raw.value === null ? null : await decoded(codec, topic, raw.value)
      if (value !== undefined) yield { raw, value }
    }
  }
  return { read }
}

/** undefined: cannot be decoded; it is a dead letter elsewhere. */
async function decoded<K extends TopicKey>(
  codec: Codec,
  topic: K,
  bytes: Buffer,
): Promise<RecordOf[K] | undefined> {
  for (let loaded = false; ; loaded = true) {
    try {
      return codec.decode(topic, bytes)
    } catch (error) {
      const code = (error as { code?: unknown }).code
      if (code === 'schema_not_loaded' && !loaded) await codec.load(topic, bytes)
      else if (code === 'undecodable' || code === 'unknown_schema') return undefined
      else throw error
    }
  }
}
