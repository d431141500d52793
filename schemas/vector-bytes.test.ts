import { describe, expect, it } from 'vitest'
import { bytesOfVector, vectorOfBytes } from './vector-bytes.ts'

describe('vector bytes', () => {
  it('are float32 little-endian', () => {
    expect(bytesOfVector(Float32Array.of(1, -2.5)).toString('hex')).toBe('0000803f000020c0')
  })

  it('come back exactly, from any place in memory', () => {
    const vector = Float32Array.of(0.1, -0, Number.MAX_VALUE, 1e-40, Number.NaN)
    for (const offset of [0, 1, 2, 3]) {
      const bytes = Buffer.concat([Buffer.alloc(offset), bytesOfVector(vector)]).subarray(offset)
      expect(vectorOfBytes(bytes)).toEqual(vector)
    }
    expect(vectorOfBytes(Buffer.alloc(0))).toHaveLength(0)
  })

  it('are copies', () => {
    const bytes = bytesOfVector(Float32Array.of(7))
    const vector = vectorOfBytes(bytes)
    bytes.fill(0)
    expect(vector[0]).toBe(7)
  })

  it('refuse a broken length', () => {
    expect(() => vectorOfBytes(Buffer.alloc(6))).toThrow(RangeError)
  })
})
