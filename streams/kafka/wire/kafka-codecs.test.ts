import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { unpackBatch } from './kafka-codecs.ts'
import { unpackLz4 } from './lz4-frame.ts'
import { unpackSnappy } from './snappy-blocks.ts'

const [GZIP, SNAPPY, LZ4, ZSTD] = [1, 2, 3, 4] as const
const TEXT = 'abcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabc'

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')
const lz4Header = (flags: number) => Buffer.from([0x04, 0x22, 0x4d, 0x18, flags, 0x40, 0])
const uint32 = (value: number) => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value >>> 0)
  return bytes
}
const VERSION = 0x40
const lz4Frame = (flags: number, ...blocks: Buffer[]) =>
  Buffer.concat([
    lz4Header(VERSION | flags),
    ...blocks.flatMap((block) => [uint32(block.length), block]),
    uint32(0),
  ])
/** abc, then 57 bytes from three bytes back; the last sequence has literals alone. */
const abc = Buffer.from([0x3f, 0x61, 0x62, 0x63, 3, 0, 57 - 4 - 15, 0x50, ...Buffer.from('bcabc')])

describe('lz4', () => {
  it('unpacks matches that overlap themselves', () => {
    expect(unpackLz4(lz4Frame(0x20, abc), 1_000).toString()).toBe(`${'abc'.repeat(20)}bcabc`)
  })
  it('lets a block refer to the one before it, as blocks that are linked do', () => {
    const again = Buffer.from([0x0f, 65, 0, 65 - 4 - 15, 0x50, ...Buffer.from('xyzxy')])
    const first = `${'abc'.repeat(20)}bcabc`
    expect(unpackLz4(lz4Frame(0, abc, again), 1_000).toString()).toBe(`${first}${first}xyzxy`)
  })
  it('takes a block that is stored', () => {
    const stored = Buffer.concat([lz4Header(VERSION), uint32(3 | 0x80000000), Buffer.from('xyz'), uint32(0)])
    expect(unpackLz4(stored, 3).toString()).toBe('xyz')
    expect(() => unpackLz4(stored, 2)).toThrow(RangeError)
  })
  it('says of every cut and every bit that is changed what it is, and ends', () => {
    const whole = lz4Frame(0x20, abc)
    for (let length = 1; length < whole.length; length++)
      expect(() => unpackLz4(whole.subarray(0, length), 1_000), String(length)).toThrow(SyntaxError)
    for (let at = 0; at < whole.length * 8; at++) {
      const changed = Buffer.from(whole)
      changed[at >> 3]! ^= 1 << (at & 7)
      try {
        expect(unpackLz4(changed, 1_000).length).toBeLessThanOrEqual(1_000)
      } catch (error) {
        expect([SyntaxError.name, RangeError.name]).toContain((error as Error).name)
      }
    }
  })
})

describe('snappy', () => {
  const block = Buffer.concat([Buffer.from([6, 0x08]), Buffer.from('abc'), Buffer.from([0x0a, 3, 0])])
  it('unpacks one block, and the framing of snappy-java', () => {
    expect(unpackSnappy(block, 6).toString()).toBe('abcabc')
    const length = Buffer.alloc(4)
    length.writeInt32BE(block.length)
    const framed = Buffer.concat([hex('82534e4150505900 00000001 00000001'), length, block, length, block])
    expect(unpackSnappy(framed, 12).toString()).toBe('abcabcabcabc')
    expect(() => unpackSnappy(framed, 11)).toThrow(RangeError)
    expect(() => unpackSnappy(framed.subarray(0, -1), 12)).toThrow(SyntaxError)
  })
})

describe('a batch', () => {
  it('that unpacks to more than it may is refused, and nothing near it', async () => {
    const BYTES_MAX = 1_048_576
    const bomb = gzipSync(Buffer.alloc(BYTES_MAX + 1))
    const refused = { code: 'compression', policy: 'operator' }
    await expect(unpackBatch(GZIP, bomb, BYTES_MAX)).rejects.toMatchObject({
      ...refused,
      message: expect.stringContaining(`unpacks to more than ${BYTES_MAX} bytes`) as string,
    })
    expect(await unpackBatch(GZIP, gzipSync(Buffer.alloc(BYTES_MAX)), BYTES_MAX)).toHaveLength(BYTES_MAX)
    // Lengths of 0xff: each stands for 255 bytes more.
    const lz4Bomb = lz4Frame(
      0x20,
      Buffer.concat([Buffer.from([0x1f, 0, 1, 0]), Buffer.alloc(5_000, 0xff), Buffer.from([0, 0x10, 0])]),
    )
    await expect(unpackBatch(LZ4, lz4Bomb, BYTES_MAX)).rejects.toMatchObject(refused)
    await expect(unpackBatch(SNAPPY, hex('ffffffff0f 00'), BYTES_MAX)).rejects.toMatchObject(refused)
    // Frame without a size, window of 128 KiB; blocks of one byte repeated 128 KiB long.
    const block = [0x02, 0x00, 0x10, 0]
    const zstdBomb = Buffer.from([
      ...hex('28b52ffd 00 38'),
      ...Array.from({ length: 9 }, () => block).flat(),
      0x03,
      0,
      0,
      0,
    ])
    await expect(unpackBatch(ZSTD, zstdBomb, BYTES_MAX)).rejects.toMatchObject({
      ...refused,
      message: expect.stringContaining('more than') as string,
    })
  })
  it.each([GZIP, SNAPPY, LZ4, ZSTD])('of codec %d that is no such thing is refused', async (codec) => {
    await expect(unpackBatch(codec, Buffer.from(TEXT))).rejects.toMatchObject({
      code: 'compression',
      message: expect.stringContaining('and is not') as string,
    })
  })
  it('of a codec that nobody knows is refused', async () => {
    await expect(unpackBatch(7, Buffer.from('x'))).rejects.toMatchObject({ code: 'compression' })
  })
})
