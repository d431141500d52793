import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Kept } from './pending-rows.ts'
import { createMemoryScratchFile } from './memory-scratch-file.ts'
import { createPredictionSpace } from './prediction-space.ts'

const KIB = 1_024
const CHUNK = 4 * KIB

function setUp({ memory = 64 * KIB, disk = 1_024 * KIB, diskSize = Infinity, other = 0 } = {}) {
  const scratch = createMemoryScratchFile(diskSize)
  const needed = { other }
  const space = createPredictionSpace({
    memoryBytesMax: memory,
    diskBytesMax: disk,
    scratch: disk === 0 ? undefined : scratch,
    otherBytes: () => needed.other,
  })
  return { space, scratch, needed, shelf: space.open() }
}
const filled = (length: number, byte: number) => Buffer.alloc(length, byte)

describe('the space of predictions', () => {
  it('gives back every one that is kept, from memory or disk, whatever came between', async () => {
    const step = fc.record({
      put: fc.integer({ min: 0, max: 3 * CHUNK }),
      shelf: fc.integer({ min: 0, max: 2 }),
      release: fc.integer({ min: 0, max: 40 }),
      relieve: fc.boolean(),
      close: fc.integer({ min: 0, max: 25 }).map((one) => one === 0),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60, size: 'max' }), async (steps) => {
        const { space } = setUp({ memory: 16 * KIB })
        const shelves = [space.open(), space.open(), space.open()].map((shelf) => ({
          shelf,
          kept: [] as { at: Kept; bytes: Buffer }[],
        }))
        for (const [number, one] of steps.entries()) {
          const own = shelves[one.shelf]!
          const bytes = filled(one.put, number)
          own.kept.push({ at: own.shelf.put(bytes), bytes })
          if (one.release < own.kept.length) own.shelf.release(own.kept.splice(one.release, 1)[0]!.at)
          if (one.relieve) await space.relieve()
          if (one.close) {
            own.shelf.close()
            Object.assign(own, { shelf: space.open(), kept: [] })
          }
          const read = await own.shelf.read(own.kept.map(({ at }) => at))
          for (const [at, { bytes: expected }] of own.kept.entries())
            if (!read[at]!.equals(expected)) expect(read[at]).toEqual(expected)
        }
        for (const { shelf } of shelves) shelf.close()
        await space.relieve()
        expect([space.memoryBytes, space.diskBytes]).toEqual([0, 0])
      }),
      { numRuns: 150, seed: 24 },
    )
  })

  it('goes to disk beyond its memory, the oldest first, and is back in no room when it is not needed', async () => {
    const { space, scratch, shelf } = setUp({ memory: 64 * KIB })
    const kept = Array.from({ length: 40 }, (_, at) => shelf.put(filled(CHUNK, at)))
    await space.relieve()
    expect(space.memoryBytes).toBe(64 * KIB)
    expect(space.diskBytes).toBe((40 - 16) * CHUNK)
    expect(scratch.length).toBe(space.diskBytes)
    expect((await shelf.read([kept[0]!, kept[39]!])).map((bytes) => bytes[0])).toEqual([0, 39])
    for (const one of kept) shelf.release(one)
    shelf.close()
    await space.relieve()
    expect([space.memoryBytes, space.diskBytes, scratch.length]).toEqual([0, 0, 0])
  })

  it('writes into what became free before the file grows', async () => {
    const { space, shelf } = setUp({ memory: 16 * KIB })
    const waiting: Kept[] = []
    for (let at = 0; at < 500; at++) {
      waiting.push(shelf.put(filled(CHUNK, at)))
      if (waiting.length > 20) shelf.release(waiting.shift()!)
      await space.relieve()
    }
    expect(space.diskBytes).toBeLessThanOrEqual(20 * CHUNK)
  })

  it('makes room in memory for what cannot go to disk', async () => {
    const { space, shelf, needed } = setUp({ memory: 64 * KIB })
    for (let at = 0; at < 16; at++) shelf.put(filled(CHUNK, at))
    needed.other = 32 * KIB
    await space.relieve()
    expect(space.memoryBytes).toBe(32 * KIB)
  })
})

describe('bounds', () => {
  const fill = (shelf: ReturnType<typeof setUp>['shelf'], chunks: number) =>
    Array.from({ length: chunks }, (_, at) => shelf.put(filled(CHUNK, at)))

  it('are told: those of memory alone, or of memory and disk', () => {
    const { space, shelf } = setUp({ memory: 64 * KIB, disk: 0 })
    expect(space.room()).toEqual({ bytes: 64 * KIB, bound: 'pendingBytesMax' })
    expect(setUp({ memory: 64 * KIB, disk: 8 * CHUNK }).space.room()).toEqual({
      bytes: 64 * KIB + 8 * CHUNK,
      bound: 'pendingDiskBytesMax',
    })
    shelf.put(filled(CHUNK - 1, 1))
    expect(shelf.bytes).toBe(CHUNK - 1)
    shelf.put(filled(10, 1))
    expect(shelf.bytes).toBe(CHUNK + 10)
  })

  it('of disk: what does not fit there either stays in memory', async () => {
    const { space, shelf } = setUp({ memory: 64 * KIB, disk: 8 * CHUNK })
    fill(shelf, 25)
    await space.relieve()
    expect([space.memoryBytes, space.diskBytes]).toEqual([17 * CHUNK, 8 * CHUNK])
  })

  it('of a disk that is full before: nothing is lost, and it is used again when there is room', async () => {
    const { space, shelf } = setUp({ memory: 64 * KIB, diskSize: 4 * CHUNK })
    const kept = fill(shelf, 24)
    await space.relieve()
    expect([space.memoryBytes, space.diskBytes]).toEqual([20 * CHUNK, 4 * CHUNK])
    expect(space.room()).toEqual({ bytes: 20 * CHUNK, bound: 'disk_full' })
    const read = await shelf.read(kept)
    expect(read.map((bytes) => bytes[0])).toEqual(kept.map((_, at) => at))
    for (const one of kept.splice(0, 10)) shelf.release(one)
    await space.relieve()
    expect(space.room().bound).toBe('pendingDiskBytesMax')
    expect((await shelf.read(kept)).map((bytes) => bytes[0])).toEqual(kept.map((_, at) => at + 10))
  })
})
