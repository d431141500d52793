import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TOPIC_KEYS } from './catalogue.ts'
import { createCodec } from './codec.ts'
import { DecodeError } from './errors.ts'
import { testCatalogue } from './testing/current-types.ts'
import { createMemoryRegistry } from './testing/memory-registry.ts'
import { sampleRecords } from './testing/sample-records.ts'

const codec = await createCodec(createMemoryRegistry(), testCatalogue())

/** Varints that lie: huge, negative, overlong, endless. */
const LIES = [
  'feffffff0f',
  'ffffffff0f',
  'feffffffffffffff7f',
  'ffffffffffffffffff01',
  '808080808080808080808000',
  '01',
  '80',
  'ff',
].map((hex) => Buffer.from(hex, 'hex'))

type Mutation = (bytes: Buffer) => Buffer
const place = fc.nat({ max: 1_000_000 })
const splice =
  (at: number, drop: number, added: Buffer): Mutation =>
  (bytes) => {
    const from = 5 + (at % (bytes.length - 4))
    return Buffer.concat([bytes.subarray(0, from), added, bytes.subarray(from + drop)])
  }
const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.tuple(place, fc.nat(255)).map(([at, byte]) => splice(at, 1, Buffer.of(byte))),
  fc.tuple(place, fc.nat(7)).map(([at, bit]): Mutation => (bytes) => {
    const copy = Buffer.from(bytes)
    copy[5 + (at % (copy.length - 5))]! ^= 1 << bit
    return copy
  }),
  fc.tuple(place, fc.constantFrom(...LIES), fc.nat(2)).map(([at, lie, drop]) => splice(at, drop, lie)),
  fc.tuple(place, fc.uint8Array({ maxLength: 12 })).map(([at, added]) => splice(at, 0, Buffer.from(added))),
  fc.tuple(place, fc.nat(40)).map(([at, drop]) => splice(at, drop, Buffer.alloc(0))),
  place.map(
    (at): Mutation =>
      (bytes) =>
        bytes.subarray(0, 5 + (at % (bytes.length - 4))),
  ),
)

/** How many values a decoded record is made of: what it may cost is bounded by the bytes it came from. */
function size(value: unknown): number {
  if (typeof value === 'string' || Buffer.isBuffer(value)) return 1 + value.length
  if (typeof value !== 'object' || value === null) return 1
  return 1 + Object.values(value).reduce<number>((sum, part) => sum + size(part), 0)
}

describe('mutated values', () => {
  it('decode to no more than their bytes can hold, or throw DecodeError `undecodable`', () => {
    let decoded = 0
    fc.assert(
      fc.property(
        fc.constantFrom(...TOPIC_KEYS),
        fc.array(mutation, { minLength: 1, maxLength: 4 }),
        (topic, steps) => {
          const start = codec.encode(topic, sampleRecords[topic])
          const bytes = steps.reduce((before, step) => (before.length > 5 ? step(before) : before), start)
          try {
            expect(size(codec.decode(topic, bytes))).toBeLessThanOrEqual(3 * bytes.length + 32)
            decoded++
          } catch (error) {
            if (!(error instanceof DecodeError) || error.code !== 'undecodable') throw error
          }
        },
      ),
      { seed: 20_251_124, numRuns: 20_000 },
    )
    // The mutations must reach past the walk, too, or they would show nothing of the decoder.
    expect(decoded).toBeGreaterThan(1_000)
  })

  it('of any content do neither', () => {
    fc.assert(
      fc.property(fc.constantFrom(...TOPIC_KEYS), fc.uint8Array({ maxLength: 200 }), (topic, noise) => {
        const header = codec.encode(topic, sampleRecords[topic]).subarray(0, 5)
        expect(() => {
          try {
            codec.decode(topic, Buffer.concat([header, noise]))
          } catch (error) {
            if (!(error instanceof DecodeError)) throw error
          }
        }).not.toThrow()
      }),
      { seed: 7, numRuns: 5_000 },
    )
  })
})
