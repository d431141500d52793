import avsc from 'avsc'
import { createAvroEncoder } from './avro-encoder.ts'
import type { AvroEncoder } from './avro-encoder.ts'
import { compileBoundsWalk } from './bounds-walk.ts'
import { TOPIC_KEYS } from './catalogue.ts'
import type { TopicCatalogue, TopicSpec } from './catalogue.ts'
import type { Codec, Decoder } from './codec-contract.ts'
import { DecodeError } from './errors.ts'
import { readCurrentSchema } from './fs-schemas.ts'
import type { RecordOf, TopicKey } from './records.ts'
import type { SchemaRegistry } from './schema-registry.ts'
import { createTopicReader } from './topic-reader.ts'
import type { TopicReader } from './topic-reader.ts'
import { schemaIdOf } from './wire-format.ts'

/**
 * The codec of a feed. Finds the current schema of every topic in the registry, or registers it there, under the
 * subject of the physical topic; then encodes with its id, and decodes what any registered schema wrote.
 *
 * @throws RegistryUnavailableError, SchemaIncompatibleError, RegistryRefusedError as SchemaRegistry does.
 */
export async function createCodec(registry: SchemaRegistry, catalogue: TopicCatalogue): Promise<Codec> {
  const opened = await Promise.all(
    TOPIC_KEYS.map(async (key) => [key, await openTopic(registry, catalogue[key])] as const),
  )
  const topics = Object.fromEntries(opened) as Record<TopicKey, { reader: TopicReader; encode: AvroEncoder }>
  return {
    encode: (topic, record) => topics[topic].encode(record),
    ...decoderOf(registry, (topic) => topics[topic].reader),
  }
}

/**
 * The reading half of it, for who looks and writes nothing: the registry is asked for the schemas that records name, and
 * nothing is registered there.
 */
export function createDecoder(registry: SchemaRegistry, catalogue: TopicCatalogue): Decoder {
  const readers = Object.fromEntries(
    TOPIC_KEYS.map((key) => {
      const { name, schemaFile } = catalogue[key]
      const type = typeOf(readCurrentSchema(schemaFile))
      const readerWalk = compileBoundsWalk(type, { reader: type })
      return [key, createTopicReader({ topic: name, reader: type, readerId: null, readerWalk })] as const
    }),
  ) as Record<TopicKey, TopicReader>
  return decoderOf(registry, (topic) => readers[topic])
}

function decoderOf(registry: SchemaRegistry, readerOf: (topic: TopicKey) => TopicReader): Decoder {
  const schemaById = oncePerFlight((id: number) => registry.schemaById(id))
  return {
    decode: <K extends TopicKey>(topic: K, bytes: Buffer) => readerOf(topic).decode(bytes) as RecordOf[K],
    async load(topic, bytes) {
      const reader = readerOf(topic)
      const id = schemaIdOf(bytes)
      if (reader.hasWriter(id)) return
      const schemaJson = await schemaById(id)
      if (schemaJson === null)
        throw new DecodeError('unknown_schema', `the registry has no Avro schema ${id}`)
      reader.addWriter(id, schemaJson)
    },
  }
}

/** One topic's two halves. A registry where the schema is known already need not allow writing. */
async function openTopic(registry: SchemaRegistry, spec: TopicSpec) {
  const schemaJson = readCurrentSchema(spec.schemaFile)
  const schemaId =
    (await registry.lookup(spec.subject, schemaJson)) ?? (await registry.register(spec.subject, schemaJson))
  const type = typeOf(schemaJson)
  const walk = compileBoundsWalk(type, { reader: type })
  return {
    reader: createTopicReader({ topic: spec.name, reader: type, readerId: schemaId, readerWalk: walk }),
    encode: createAvroEncoder({ topic: spec.name, schemaId, type, walk, valueBytesMax: spec.valueBytesMax }),
  }
}

const typeOf = (schemaJson: string) =>
  avsc.Type.forSchema(JSON.parse(schemaJson), { omitRecordMethods: true })

/** Two who ask the same while the answer is on its way share it. */
function oncePerFlight<In, Out>(ask: (input: In) => Promise<Out>): (input: In) => Promise<Out> {
  const underWay = new Map<In, Promise<Out>>()
  return function askOnce(input) {
    const known = underWay.get(input)
    if (known) return known
    const answer = ask(input).finally(() => underWay.delete(input))
    underWay.set(input, answer)
    return answer
  }
}
