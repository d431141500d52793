import { describe, expect, it } from 'vitest'
import { createMemoryLog, type MemoryBounds } from './memory-log.ts'
import { forgetRead } from './memory-retention.ts'

const record = (key: string, value = 'v') => ({
  key: Buffer.from(key),
  value: Buffer.from(value),
  brokerTimeMs: 1,
})

const logOf = (bounds: Partial<MemoryBounds>) => createMemoryLog([['t', 2]], { bounds })

describe('what a topic may hold', () => {
  it('is so many records over all its partitions, and not one more', () => {
    const log = logOf({ topicRecordsMax: 3 })
    for (let index = 0; index < 3; index++) log.append('t', index % 2, record('k'))
    expect(() => log.append('t', 1, record('k'))).toThrow(
      expect.objectContaining({ code: 'memory_log_full', policy: 'operator' }),
    )
    expect(() => log.append('t', 1, record('k'))).toThrow(/Raise bounds\.topicRecordsMax \(3\)/)
    expect(log.endOffset('t', 1)).toBe(1)
  })

  it('is so many bytes of keys and values, and not one more', () => {
    const log = logOf({ topicBytesMax: 8 })
    log.append('t', 0, record('ab', 'cd'))
    log.append('t', 1, record('ab', 'cd'))
    expect(() => log.append('t', 0, { key: null, value: null, brokerTimeMs: 1 })).not.toThrow()
    expect(() => log.append('t', 0, record('', 'x'))).toThrow(/Raise bounds\.topicBytesMax \(8\)/)
  })

  it('has room again for what was forgotten or compacted', () => {
    const log = logOf({ topicRecordsMax: 3 })
    for (const key of ['a', 'a', 'b']) log.append('t', 0, record(key))
    log.compact('t', 0, 3)
    log.append('t', 0, record('c'))
    expect(() => log.append('t', 0, record('d'))).toThrow(/full/)
    log.forget('t', 0, 3)
    expect([log.lowOffset('t', 0), log.startOffset('t', 0), log.endOffset('t', 0)]).toEqual([3, 3, 4])
    log.append('t', 0, record('d'))
  })
})

describe('forgetting what was read', () => {
  const filled = () => {
    const log = logOf({})
    for (const key of ['a', 'b', 'a', 'a']) log.append('t', 0, record(key))
    return log
  }
  const offsetsOf = (log: ReturnType<typeof filled>) =>
    log.read('t', 0, 0, 10).records.map(({ offset }) => offset)

  it('keeps what somebody has still to read', () => {
    const log = filled()
    forgetRead(log, 't', { isCompacted: () => false, firstUnread: () => 2 })
    expect(offsetsOf(log)).toEqual([2, 3])
  })

  it('keeps everything while nobody reads', () => {
    const log = filled()
    forgetRead(log, 't', { isCompacted: () => false, firstUnread: () => null })
    expect(offsetsOf(log)).toEqual([0, 1, 2, 3])
  })

  it('keeps the last record of each key of a compacted topic, and what was not read', () => {
    const log = filled()
    forgetRead(log, 't', { isCompacted: () => true, firstUnread: () => 2 })
    expect(offsetsOf(log)).toEqual([1, 2, 3])
  })
})
