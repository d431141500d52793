import { describe, expect, it } from 'vitest'
import { createSourceTimes } from './source-times.ts'

/** Two sources whose logs end at `ends`; counts how often they were asked. */
function setUp({ checkEveryMs = 0 } = {}) {
  const ends = new Map([
    ['predictions', 0],
    ['outcomes', 0],
  ])
  const asked: string[] = []
  const times = createSourceTimes({
    sources: [...ends.keys()],
    checkEveryMs,
    jump: { jumpMsMax: Infinity, jumpRecordsMin: 1 },
    offsets(source) {
      asked.push(source)
      return Promise.resolve({ startOffset: 0, endOffset: ends.get(source)! })
    },
  })
  const read = (source: string, occurredAtMs: number, nextOffset: number) => {
    times.saw(source, occurredAtMs)
    times.readTo(source, nextOffset)
  }
  return { times, ends, asked, read }
}

describe('the time up to which all sources have been read', () => {
  it('is that of the slowest one which has more to read', async () => {
    const { times, ends, read } = setUp()
    ends.set('predictions', 9).set('outcomes', 5)
    read('predictions', 1_000, 9)
    read('outcomes', 200, 2)
    expect(await times.streamTimeMs(500)).toBe(200)
    read('outcomes', 700, 3)
    expect(await times.streamTimeMs(500)).toBe(700)
  })

  it('does not wait for a source that was read to its end, or that is empty', async () => {
    const { times, ends, read } = setUp()
    ends.set('predictions', 9)
    read('predictions', 1_000, 9)
    expect(await times.streamTimeMs(500)).toBe(1_000)
    ends.set('outcomes', 2)
    read('outcomes', 200, 2)
    expect(await times.streamTimeMs(500)).toBe(1_000)
  })

  it('waits for a source of which nothing was read though there is something', async () => {
    const { times, ends, read } = setUp()
    ends.set('predictions', 9).set('outcomes', 1)
    read('predictions', 1_000, 9)
    expect(await times.streamTimeMs(500)).toBe(-Infinity)
  })

  it('goes on when a source that was behind has been read, though nobody else moved', async () => {
    const { times, ends, read } = setUp({ checkEveryMs: 60_000 })
    ends.set('predictions', 9).set('outcomes', 2)
    read('predictions', 1_000, 9)
    read('outcomes', 100, 1)
    expect(await times.streamTimeMs(500)).toBe(100)
    read('outcomes', 150, 2)
    expect(await times.streamTimeMs(500)).toBe(1_000)
  })

  it('asks only when the answer could be of use, and a quiet source at most once per checkEveryMs', async () => {
    const { times, ends, asked, read } = setUp({ checkEveryMs: 100 })
    ends.set('predictions', 99)
    read('predictions', 1_000, 1)
    await times.streamTimeMs(2_000)
    expect(asked).toEqual([])
    for (let atMs = 1_000; atMs < 1_500; atMs += 10) {
      read('predictions', atMs, 1)
      await times.streamTimeMs(atMs)
    }
    expect(asked).toEqual(Array.from({ length: 5 }, () => 'outcomes'))
  })

  it('knows who is ahead of somebody with more to read', async () => {
    const { times, ends, read } = setUp()
    ends.set('predictions', 9).set('outcomes', 5)
    read('predictions', 1_000, 4)
    read('outcomes', 200, 2)
    expect(await times.isAheadOfOthers('predictions')).toBe(true)
    expect(await times.isAheadOfOthers('outcomes')).toBe(false)
    read('outcomes', 300, 5)
    expect(await times.isAheadOfOthers('predictions')).toBe(false)
  })
})
