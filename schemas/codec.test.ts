import avsc from 'avsc'
import * as fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { TOPIC_KEYS } from './catalogue.ts'
import type { Codec } from './codec-contract.ts'
import { createCodec } from './codec.ts'
import { DecodeError, EncodeError, RegistryUnavailableError } from './errors.ts'
import type { DecodeErrorCode } from './errors.ts'
import { readCurrentSchema } from './fs-schemas.ts'
import type { RecordOf, TopicKey } from './records.ts'
import { arbitraryOf } from './testing/arbitrary-records.ts'
import { currentTypes, testCatalogue } from './testing/current-types.ts'
import { createMemoryRegistry } from './memory-registry.ts'
import type { MemoryRegistry } from './memory-registry.ts'
import { sampleRecords } from './testing/sample-records.ts'

let registry: MemoryRegistry
let codec: Codec
beforeAll(async () => {
  registry = createMemoryRegistry()
  codec = await createCodec(registry, testCatalogue())
})

function decodeCode(topic: TopicKey, bytes: Buffer): DecodeErrorCode | 'decoded' {
  try {
    codec.decode(topic, bytes)
    return 'decoded'
  } catch (error) {
    if (error instanceof DecodeError) return error.code
    throw error
  }
}
const wire = (id: number, body: Buffer) => Buffer.concat([Buffer.of(0, 0, 0, id >> 8, id & 255), body])
const withId = (bytes: Buffer, id: number) => wire(id, bytes.subarray(5))

describe('round trip', () => {
  it.each(TOPIC_KEYS)('%s: the sample', (topic) => {
    const bytes = codec.encode(topic, sampleRecords[topic])
    expect(codec.decode(topic, bytes)).toEqual(sampleRecords[topic])
  })

  it.each(TOPIC_KEYS)('%s: whatever fits the schema', (topic) => {
    const records = arbitraryOf(currentTypes()[topic]) as fc.Arbitrary<RecordOf[TopicKey]>
    fc.assert(
      fc.property(records, (record) => {
        const bytes = codec.encode(topic, record)
        expect(codec.decode(topic, bytes)).toEqual(record)
        expect(codec.encode(topic, codec.decode(topic, bytes)).equals(bytes)).toBe(true)
      }),
      { seed: 3, numRuns: 150 },
    )
  })

  it('holds ten million bytes, of bytes and of text', () => {
    const letter = { ...sampleRecords.deadLetters, value: Buffer.alloc(10_000_000, 7) }
    expect(codec.decode('deadLetters', codec.encode('deadLetters', letter)).value!.equals(letter.value)).toBe(
      true,
    )
    const outcome = { ...sampleRecords.outcomes, itemId: 'ö'.repeat(5_000_000) }
    expect(codec.decode('outcomes', codec.encode('outcomes', outcome)).itemId).toBe(outcome.itemId)
  })

  it('leaves neither side holding the other memory', () => {
    const bytes = codec.encode('deadLetters', sampleRecords.deadLetters)
    const record = codec.decode('deadLetters', bytes)
    bytes.fill(0xff)
    expect(record).toEqual(sampleRecords.deadLetters)
    const small = codec.decode('deadLetters', codec.encode('deadLetters', sampleRecords.deadLetters)).value!
    expect(small.buffer.byteLength).toBeLessThanOrEqual(16_384)
  })
})

describe('encode refuses', () => {
  const cases: [field: string, topic: TopicKey, broken: object][] = [
    ['occurredAtMs', 'interactions', { occurredAtMs: Number.NaN }],
    ['occurredAtMs', 'interactions', { occurredAtMs: 2 ** 53 }],
    ['occurredAtMs', 'interactions', { occurredAtMs: 1.5 }],
    ['position', 'interactions', { position: 2 ** 31 }],
    ['userId', 'interactions', { userId: undefined }],
    ['value', 'interactions', { value: '3' }],
    ['stage', 'models', { stage: 'emperor' }],
    ['bytes', 'modelArtifacts', { bytes: 'not a buffer' }],
    [
      'ranking.1.rank',
      'predictions',
      { ranking: [sampleRecords.predictions.ranking[0], { itemId: 'a', score: null }] },
    ],
    ['candidates.1', 'requests', { candidates: ['a', 7] }],
    ['userId', 'interactions', { userId: 'lone \ud800 surrogate' }],
  ]
  it.each(cases)('a wrong %s of %s', (field, topic, broken) => {
    let error: unknown
    try {
      codec.encode(topic, { ...sampleRecords[topic], ...broken } as never)
    } catch (thrown) {
      error = thrown
    }
    expect(error).toBeInstanceOf(EncodeError)
    expect(error).toMatchObject({ code: 'unencodable', policy: 'bug', path: field })
    expect((error as Error).message).toContain(field)
  })

  it('what is no record at all', () => {
    for (const broken of [null, undefined, 'text', []]) {
      expect(() => codec.encode('users', broken as never)).toThrow(EncodeError)
    }
  })

  it('what no broker would take', () => {
    const bytes = Buffer.alloc(12 * 1024 * 1024)
    expect(() => codec.encode('modelArtifacts', { ...sampleRecords.modelArtifacts, bytes })).toThrow(
      /at most/,
    )
    expect(codec.encode('users', sampleRecords.users)).toBeInstanceOf(Buffer)
  })
})

describe('decode refuses', () => {
  it('what is not the wire format', () => {
    expect(decodeCode('users', Buffer.alloc(0))).toBe('undecodable')
    expect(decodeCode('users', Buffer.of(0, 0, 0, 0))).toBe('undecodable')
    expect(decodeCode('users', Buffer.from('{"userId":"u"}'))).toBe('undecodable')
  })

  it('cut, lengthened and swapped values', () => {
    const bytes = codec.encode('users', sampleRecords.users)
    for (let cut = 5; cut < bytes.length; cut++)
      expect(decodeCode('users', bytes.subarray(0, cut))).toBe('undecodable')
    expect(decodeCode('users', Buffer.concat([bytes, Buffer.of(0)]))).toBe('undecodable')
  })

  it.each([0x0f, 0x07, 0x01])('five bytes that announce an array bomb (last byte %i), at once', (last) => {
    const count = [0xfe, 0xff, 0xff, 0xff, last]
    const sample = codec.encode('requests', { ...sampleRecords.requests, candidates: [], context: [] })
    const bomb = Buffer.concat([sample.subarray(0, -2), Buffer.from(count)])
    expect(decodeCode('requests', bomb)).toBe('undecodable')
  })

  it('integers that JavaScript would round', () => {
    const bytes = codec.encode('users', {
      ...sampleRecords.users,
      userId: '',
      occurredAtMs: 0,
      attributes: [],
    })
    const at = (value: number[]) => Buffer.concat([bytes.subarray(0, 6), Buffer.from(value), Buffer.of(0)])
    expect(decodeCode('users', at([0]))).toBe('decoded')
    expect(decodeCode('users', at([0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x20]))).toBe('undecodable')
  })
})

describe('writer schemas', () => {
  const current = () => JSON.parse(readCurrentSchema('avro/users.avsc')) as { fields: object[] }
  const body = (schema: object, value: object) => avsc.Type.forSchema(schema as never).toBuffer(value)

  it('are fetched once, then read by the current schema', async () => {
    const later = { ...current(), fields: [...current().fields, { name: 'since', type: 'long', default: 0 }] }
    const id = await registry.register('feed.users.v1-value', JSON.stringify(later))
    const bytes = wire(id, body(later, { ...sampleRecords.users, since: 5 }))
    const asked = registry.asked.schemaById
    expect(decodeCode('users', bytes)).toBe('schema_not_loaded')
    await Promise.all([codec.load('users', bytes), codec.load('users', bytes)])
    await codec.load('users', bytes)
    expect(registry.asked.schemaById).toBe(asked + 1)
    expect(codec.decode('users', bytes)).toEqual(sampleRecords.users)
    expect(decodeCode('users', Buffer.concat([bytes, Buffer.of(0)]))).toBe('undecodable')
  })

  it('of another topic are a mismatch, and other topics read them still', async () => {
    const bytes = codec.encode('items', sampleRecords.items)
    await codec.load('users', bytes)
    expect(decodeCode('users', bytes)).toBe('schema_mismatch')
    expect(decodeCode('items', bytes)).toBe('decoded')
  })

  it('that the registry does not know are poison, that it cannot be asked for is not', async () => {
    const bytes = withId(codec.encode('users', sampleRecords.users), 999)
    await expect(codec.load('users', bytes)).rejects.toMatchObject({
      code: 'unknown_schema',
      policy: 'poison',
    })
    expect(decodeCode('users', bytes)).toBe('schema_not_loaded')
    registry.outage = true
    await expect(codec.load('users', bytes)).rejects.toThrow(RegistryUnavailableError)
    await codec.load('users', codec.encode('users', sampleRecords.users))
    registry.outage = false
    await expect(codec.load('users', Buffer.of(1))).rejects.toMatchObject({ code: 'undecodable' })
  })

  it('of another namespace are a mismatch that says which name is expected', async () => {
    const ours = readCurrentSchema('avro/users.avsc')
    const detailOf = async (subject: string, schemaJson: string) => {
      const bytes = withId(
        codec.encode('users', sampleRecords.users),
        await registry.register(subject, schemaJson),
      )
      await codec.load('users', bytes)
      try {
        return codec.decode('users', bytes)
      } catch (error) {
        return error instanceof DecodeError ? `${error.code}: ${error.message}` : error
      }
    }
    const other = ours.replace('"namespace":"feedloop"', '"namespace":"com.acme"')
    expect(other).not.toBe(ours)
    expect(await detailOf('acme-value', other)).toMatch(
      /^schema_mismatch: .*it describes com\.acme\.User, and feedloop\.User is expected/,
    )
    const none = ours.replace('"namespace":"feedloop",', '')
    expect(await detailOf('bare-value', none)).toMatch(/it describes User, and feedloop\.User is expected/)
  })

  it('that are no record, or no schema, are a mismatch', async () => {
    const id = await registry.register('other-value', '"string"')
    const bytes = wire(id, Buffer.of(2, 65))
    await codec.load('users', bytes)
    expect(decodeCode('users', bytes)).toBe('schema_mismatch')
  })

  it('are registered once: a second codec only looks them up', async () => {
    const registered = registry.asked.register
    const second = await createCodec(registry, testCatalogue())
    expect(registry.asked.register).toBe(registered)
    expect(
      second.encode('drift', sampleRecords.drift).equals(codec.encode('drift', sampleRecords.drift)),
    ).toBe(true)
  })
})
