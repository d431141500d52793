import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BlobCorruptError } from '../errors.ts'
import { featureStoreConfigSchema } from '../config.ts'
import { compileFeatureSet } from '../feature-set.ts'
import { decodeState, encodeState } from './blob.ts'
import { ByteReader, createByteWriter } from './bytes.ts'
import { EntityState } from './entity-state.ts'
import { fold } from './fold.ts'

const { layouts } = compileFeatureSet(featureStoreConfigSchema.parse({}))
const START = 1_700_000_000_000

function busyUser() {
  const state = new EntityState(layouts.user)
  for (let offset = 0; offset < 500; offset++) {
    const type = offset % 5 === 0 ? 'click' : 'view'
    const occurredAtMs = START + offset * 7_000
    fold(layouts.user, state, type, occurredAtMs, offset, [`c${String(offset % 8)}`, String(offset % 4)])
  }
  return state
}

describe('bytes', () => {
  it('brings back what was written', () => {
    fc.assert(
      fc.property(
        fc.array(fc.maxSafeNat()),
        fc.array(fc.double()),
        fc.array(fc.string({ unit: 'grapheme' })),
        (ints, doubles, texts) => {
          const writer = createByteWriter()
          for (const int of ints) writer.varint(int)
          for (const double of doubles) writer.float64(double)
          for (const text of texts) writer.text(text)
          const reader = new ByteReader(writer.take())
          expect(ints.map(() => reader.varint())).toEqual(ints)
          expect(doubles.map(() => reader.float64())).toEqual(doubles)
          expect(texts.map(() => reader.text())).toEqual(texts)
          reader.end()
        },
      ),
    )
  })

  it('writes varints as LEB128', () => {
    const writer = createByteWriter()
    for (const value of [0, 127, 128, 300, Number.MAX_SAFE_INTEGER]) writer.varint(value)
    expect(writer.take().toString('hex')).toBe('007f8001ac02ffffffffffffff0f')
  })

  it('leaves what was taken as it was, however much is written afterwards', () => {
    const writer = createByteWriter()
    const texts = Array.from({ length: 300 }, (_, n) => `${String(n)} `.repeat(n === 150 ? 20_000 : n))
    const taken = texts.map((text) => {
      writer.text(text)
      return writer.take()
    })
    for (const [n, bytes] of taken.entries()) {
      const reader = new ByteReader(bytes)
      expect(reader.text()).toBe(texts[n])
      reader.end()
    }
  })

  it('writes numbers around each digit of a varint so that they are read back', () => {
    const writer = createByteWriter()
    const numbers = [7, 14, 21, 28, 31, 32, 35, 42, 49, 53].flatMap((bits) => [2 ** bits - 1, 2 ** bits])
    const safe = numbers.filter(Number.isSafeInteger)
    for (const value of safe) writer.varint(value)
    const reader = new ByteReader(writer.take())
    expect(safe.map(() => reader.varint())).toEqual(safe)
    reader.end()
  })
})

describe('state blob', () => {
  it('of a busy user of the demo stays within 300 bytes or little more', () => {
    const blob = encodeState(layouts.user, busyUser())
    expect(blob.length).toBeLessThan(330)
    expect(decodeState(layouts.user, blob)).toEqual(busyUser())
  })

  it('of nobody is empty but for the header', () => {
    const blob = encodeState(layouts.user, new EntityState(layouts.user))
    expect(blob.length).toBeLessThan(64)
    expect(decodeState(layouts.user, blob)).toEqual(new EntityState(layouts.user))
  })

  it('refuses every cut and every byte too many', () => {
    const blob = encodeState(layouts.user, busyUser())
    for (let length = 0; length < blob.length; length++) {
      expect(() => decodeState(layouts.user, blob.subarray(0, length))).toThrow(BlobCorruptError)
    }
    expect(() => decodeState(layouts.user, Buffer.concat([blob, Buffer.from([0])]))).toThrow(
      '1 bytes left over',
    )
  })

  it('refuses another layout, kind or format', () => {
    const blob = encodeState(layouts.user, busyUser())
    expect(() => decodeState(layouts.item, blob)).toThrow(/header 0201\w+ where 0202/)
    expect(() => decodeState({ ...layouts.user, id: '0'.repeat(16) }, blob)).toThrow(
      'where 02010000000000000000 belongs',
    )
    expect(() => decodeState(layouts.user, Buffer.concat([Buffer.from([9]), blob.subarray(1)]))).toThrow(
      'header 0901',
    )
  })

  it('never reads past the end or hangs, whatever the bytes', () => {
    const blob = encodeState(layouts.user, busyUser())
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(blob.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 }),
        (changes) => {
          const broken = Buffer.from(blob)
          for (const [at, byte] of changes) broken[at] = byte
          try {
            decodeState(layouts.user, broken)
          } catch (error) {
            expect(error).toBeInstanceOf(BlobCorruptError)
          }
        },
      ),
    )
  })
})
