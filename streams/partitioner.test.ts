import { createRequire } from 'node:module'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { murmur2, partitionOf } from './partitioner.ts'

const kafkaJsMurmur2 = createRequire(import.meta.url)(
  'kafkajs/src/producer/partitioners/default/murmur2',
) as (bytes: Buffer) => number

/** From Kafka's own UtilsTest.testMurmur2 (clients/src/test/java/org/apache/kafka/common/utils/UtilsTest.java). */
const javaGolden: [string, number][] = [
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ['abc', 479470107],
]

describe('murmur2', () => {
  it.each(javaGolden)('of %s is what the Java client says', (text, hash) => {
    expect(murmur2(Buffer.from(text))).toBe(hash)
  })
  it('agrees with kafkajs on any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        expect(murmur2(bytes)).toBe(kafkaJsMurmur2(Buffer.from(bytes)))
      }),
    )
  })
})

describe('partitionOf', () => {
  it('takes the hash without its sign, modulo the partitions', () => {
    expect(partitionOf('foobar', 4)).toBe((-790332482 & 0x7fffffff) % 4)
    expect(partitionOf('foobar', 1)).toBe(0)
  })
  it('hashes a text as its UTF-8 bytes, short or long', () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ minLength: 200, maxLength: 400 }))
    fc.assert(
      fc.property(text, (key) => {
        expect(partitionOf(key, 1_000)).toBe(partitionOf(Buffer.from(key), 1_000))
      }),
    )
    expect(partitionOf('\ud800', 1_000)).toBe(partitionOf(Buffer.from('\ud800'), 1_000))
  })
})
