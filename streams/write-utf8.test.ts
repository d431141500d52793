import fc from 'fast-check'
import { expect, it } from 'vitest'
import { UTF8_BYTES_PER_UNIT_MAX, writeUtf8 } from './write-utf8.ts'

it('writes what Buffer.from gives, where it is told to, and answers where that ends', () => {
  const texts = fc.oneof(fc.string(), fc.string({ unit: 'binary', maxLength: 40 }), fc.constant('a\ud800'))
  fc.assert(
    fc.property(texts, fc.nat({ max: 9 }), (text, at) => {
      const target = Buffer.alloc(at + text.length * UTF8_BYTES_PER_UNIT_MAX)
      const end = writeUtf8(text, target, at)
      expect(target.subarray(at, end)).toEqual(Buffer.from(text))
      expect(target.subarray(0, at)).toEqual(Buffer.alloc(at))
    }),
  )
})
