import avsc from 'avsc'
import * as fc from 'fast-check'
import { TOPIC_KEYS } from '../../catalogue.ts'
import { readCurrentSchema } from '../../fs-schemas.ts'
import type { TopicKey } from '../../records.ts'
import { HEADER_BYTES, writeHeader } from '../../wire-format.ts'
import { arbitraryOf } from '../arbitrary-records.ts'
import { currentTypes, testCatalogue } from '../current-types.ts'
import { goldenRecords } from '../golden-records.ts'
import { createMemoryRegistry } from '../../memory-registry.ts'
import { sampleRecords } from '../sample-records.ts'
import type { SchemaRegistry } from '../../schema-registry.ts'

export interface Corpus {
  registry: SchemaRegistry
  /** Well-formed payloads of each topic, of its own schema and of a later writer's. */
  payloads: Readonly<Record<TopicKey, readonly Buffer[]>>
  /** Of every schema of every topic. */
  schemaIds: readonly number[]
}

/**
 * What a later writer may add under FULL_TRANSITIVE, and today's reader skips: whatever can be nested, counted or
 * sized, the recursive kind included.
 */
const LATER_FIELDS = [
  { name: 'laterMap', type: { type: 'map', values: { type: 'array', items: 'long' } }, default: {} },
  {
    name: 'laterTree',
    type: {
      type: 'record',
      name: 'Tree',
      fields: [{ name: 'branches', type: { type: 'array', items: 'Tree' } }],
    },
    default: { branches: [] },
  },
  { name: 'laterNulls', type: { type: 'array', items: 'null' }, default: [] },
  { name: 'laterFixed', type: ['null', { type: 'fixed', name: 'Sixteen', size: 16 }], default: null },
]
const LATER_VALUES = {
  laterMap: { a: [1, -(2 ** 40)], ø: [] },
  laterTree: { branches: [{ branches: [{ branches: [] }] }, { branches: [] }] },
  laterNulls: [null, null, null],
  laterFixed: Buffer.alloc(16, 7),
}

/** Golden, sample and arbitrary records of all topics of the catalogue, each as bytes of two writers. */
export async function createCorpus(seed: number, arbitraryPerTopic: number): Promise<Corpus> {
  const registry = createMemoryRegistry()
  const catalogue = testCatalogue()
  const types = currentTypes()
  const payloads = {} as Record<TopicKey, Buffer[]>
  const schemaIds: number[] = []
  for (const topic of TOPIC_KEYS) {
    const { subject, schemaFile } = catalogue[topic]
    const current = readCurrentSchema(schemaFile)
    const later = laterSchema(current)
    const id = await registry.register(subject, current)
    const laterId = await registry.register(subject, later)
    const laterType = avsc.Type.forSchema(JSON.parse(later) as avsc.Schema)
    const arbitrary = fc.sample(arbitraryOf(types[topic]), { numRuns: arbitraryPerTopic, seed })
    const records = [sampleRecords[topic], ...arbitrary] as object[]
    payloads[topic] = [
      ...goldenRecords(topic, catalogue).map(({ body }) => payload(id, body)),
      ...records.map((record) => payload(id, types[topic].toBuffer(record))),
      ...records.map((record) => payload(laterId, laterType.toBuffer({ ...record, ...LATER_VALUES }))),
    ]
    schemaIds.push(id, laterId)
  }
  return { registry, payloads, schemaIds }
}

function laterSchema(current: string): string {
  const schema = JSON.parse(current) as { fields: object[] }
  return JSON.stringify({ ...schema, fields: [...schema.fields, ...LATER_FIELDS] })
}

function payload(schemaId: number, body: Buffer): Buffer {
  const bytes = Buffer.concat([Buffer.alloc(HEADER_BYTES), body])
  writeHeader(bytes, schemaId)
  return bytes
}
