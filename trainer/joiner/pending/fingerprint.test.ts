import { expect, it } from 'vitest'
import { fingerprintOf, murmur3Of128 } from './fingerprint.ts'

const bytesOf = (words: readonly number[]) => Buffer.from(Uint32Array.from(words).buffer)

it('is MurmurHash3 x86 128: the verification value of SMHasher (main.cpp: 0xB3ECE62A)', () => {
  const key = Buffer.from(Array.from({ length: 256 }, (_, at) => at))
  const all = [...key].map((length) => bytesOf(murmur3Of128(key, length, 256 - length)))
  const [first] = murmur3Of128(Buffer.concat(all), 16 * 256, 0)
  expect(first.toString(16)).toBe('b3ece62a')
})

it('is of the whole id, however long and in whatever script', () => {
  const ids = ['', 'a', 'b', 'ab', 'é', '日本', 'x'.repeat(5_000), `${'x'.repeat(4_999)}y`]
  expect(new Set(ids.map((id) => fingerprintOf(id).join())).size).toBe(ids.length)
  expect(fingerprintOf('request-17')).toEqual(fingerprintOf('request-17'))
})
