import { describe, expect, it } from 'vitest'
import { TOPIC_KEYS } from './catalogue.ts'
import { createCodec } from './codec.ts'
import { readSchemaHistory } from './fs-schemas.ts'
import { testCatalogue } from './testing/current-types.ts'
import { goldenJson, goldenRecords } from './testing/golden-records.ts'
import { createMemoryRegistry } from './memory-registry.ts'
import { sampleRecords } from './testing/sample-records.ts'

const catalogue = testCatalogue()
const registry = createMemoryRegistry()
const codec = await createCodec(registry, catalogue)

/**
 * Bytes written once. A test that fails here means that records already in topics changed their meaning: do not
 * make the file agree, find out what changed.
 */
describe.each(TOPIC_KEYS)('%s: golden bytes', (topic) => {
  const { slug, subject } = catalogue[topic]
  const history = readSchemaHistory(slug)
  const goldens = goldenRecords(topic, catalogue)

  it('are there for every version of the schema', () => {
    const body = codec.encode(topic, sampleRecords[topic]).subarray(5)
    const advice = `save as golden/${slug}.${history.length}.json, and the hex as .bin:\n${goldenJson(sampleRecords[topic], body)}`
    expect(
      goldens.map(({ version }) => version),
      advice,
    ).toEqual(history.map(({ version }) => version))
  })

  it.each(goldens)(
    '$file says the same in hex, in binary and as a record',
    async ({ version, hex, body, record }) => {
      expect(body.toString('hex')).toBe(hex)
      const id = await registry.register(subject, history[version - 1]!.schemaJson)
      const bytes = Buffer.concat([Buffer.of(0, 0, 0, 0, id), body])
      await codec.load(topic, bytes)
      const decoded = codec.decode(topic, bytes)
      expect(decoded).toMatchObject(record)
      if (version !== history.length) return
      expect(decoded).toEqual(record)
      expect(codec.encode(topic, record).subarray(5).toString('hex')).toBe(hex)
    },
  )
})

describe('golden bytes by hand', () => {
  it('are what the Avro specification says for an interaction', () => {
    const bytes = codec.encode('interactions', {
      interactionId: 'i',
      userId: 'u',
      itemId: 'é',
      type: 'click',
      occurredAtMs: 1_000,
      requestId: null,
      position: 3,
      value: -2,
    })
    const fields = {
      magicAndSchemaId: '0000000001',
      interactionId: '0269',
      userId: '0275',
      itemId: '04c3a9',
      type: '0a636c69636b',
      occurredAtMs: 'd00f',
      requestId: '00',
      position: '0206',
      value: '0200000000000000c0',
    }
    expect(bytes.toString('hex')).toBe(Object.values(fields).join(''))
  })
})
