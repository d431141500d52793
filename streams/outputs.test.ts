import { describe, expect, it } from 'vitest'
import type { Codec } from '#schemas'
import { sampleRecords } from '#schemas/testing'
import { silentSignals } from './signal-registry.ts'
import { type AccumulatorParts, createAccumulator, type OutboundRecord } from './outputs.ts'

const codec = {
  encode: (_: string, record: { userId: string }) => Buffer.from(record.userId),
} as unknown as Codec
const limits = {
  produceRecordsMax: 3,
  produceBytesMax: 1_000,
  produceRequestBytesMax: 40,
  outputsBytesMax: 200,
}
const user = (userId: string) => ({ key: userId, value: { ...sampleRecords.users, userId } })

function accumulating(overrides: Partial<AccumulatorParts> = {}) {
  const requests: string[][] = []
  const answers: { resolve(): void; reject(error: unknown): void }[] = []
  const accumulator = createAccumulator({
    name: 'stage',
    clock: { nowMs: () => 0 },
    signals: silentSignals,
    codec,
    limits,
    partitionCount: () => 4,
    deliver(records: OutboundRecord[]) {
      requests.push(records.map(({ key }) => key.toString()))
      return new Promise<void>((resolve, reject) => answers.push({ resolve, reject }))
    },
    ...overrides,
  })
  return { accumulator, requests, answers, outputs: accumulator.session() }
}
const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

describe('accumulator', () => {
  it('sends nothing before it is full or flushed', async () => {
    const { outputs, requests, answers } = accumulating()
    outputs.add('users', user('a'))
    outputs.add('users', user('b'))
    await turn()
    expect(requests).toEqual([])
    outputs.add('users', user('c'))
    await turn()
    expect(requests).toEqual([['a', 'b', 'c']])
    outputs.add('users', user('d'))
    const flushed = outputs.flush()
    answers[0]!.resolve()
    await turn()
    expect(requests[1]).toEqual(['d'])
    answers[1]!.resolve()
    await flushed
  })

  it('sends together what is flushed in the same turn', async () => {
    const { accumulator, outputs, requests, answers } = accumulating()
    const other = accumulator.session()
    outputs.add('users', user('a'))
    const first = outputs.flush()
    await Promise.resolve()
    other.add('users', user('b'))
    const second = other.flush()
    await turn()
    expect(requests).toEqual([['a', 'b']])
    answers[0]!.resolve()
    await Promise.all([first, second])
  })

  it('has one request in flight, and what comes meanwhile goes together', async () => {
    const { outputs, requests, answers } = accumulating()
    outputs.add('users', user('a'))
    const first = outputs.flush()
    await turn()
    for (const id of ['b', 'c', 'd', 'e']) outputs.add('users', user(id))
    const second = outputs.flush()
    await turn()
    expect(requests).toEqual([['a']])
    answers[0]!.resolve()
    await first
    await turn()
    expect(requests).toEqual([['a'], ['b', 'c', 'd', 'e']])
    answers[1]!.resolve()
    await second
  })

  it('keeps a request within its bytes; a larger record goes alone', async () => {
    const { outputs, requests, answers } = accumulating()
    const large = 'x'.repeat(30)
    for (const id of ['a', large, 'b']) outputs.add('users', user(id))
    const flushed = outputs.flush()
    for (let request = 0; request < 3; request++) {
      await turn()
      answers[request]!.resolve()
    }
    await flushed
    expect(requests).toEqual([['a'], [large], ['b']])
  })

  it('flush waits for what was added before it, and only for that', async () => {
    const { outputs, answers } = accumulating()
    outputs.add('users', user('a'))
    const flushed = outputs.flush()
    await turn()
    outputs.add('users', user('b'))
    answers[0]!.resolve()
    await flushed
  })

  it('tells each session of its own loss, once, and drops what was behind it', async () => {
    const { accumulator, outputs, answers, requests } = accumulating()
    const [other, silent] = [accumulator.session(), accumulator.session()]
    outputs.add('users', user('a'))
    const flushed = outputs.flush()
    await turn()
    other.add('users', user('b'))
    answers[0]!.reject(new Error('lost'))
    await expect(flushed).rejects.toThrow('lost')
    await expect(other.flush()).rejects.toThrow('lost')
    await other.flush()
    await silent.flush()
    expect(requests).toEqual([['a']])

    outputs.add('users', user('c'))
    const again = outputs.flush()
    await turn()
    answers[1]!.resolve()
    await again
  })

  it('refuses to hold more than its bound, but takes one record of any size', () => {
    const { outputs } = accumulating()
    outputs.add('users', user('x'.repeat(300)))
    expect(() => outputs.add('users', user('y'))).toThrow(/outputsBytesMax/)
  })

  it('settles when nothing is on its way', async () => {
    const { accumulator, outputs, answers } = accumulating()
    await accumulator.settled()
    for (const id of ['a', 'b', 'c']) outputs.add('users', user(id))
    const settled = accumulator.settled()
    await turn()
    answers[0]!.resolve()
    await settled
  })

  it('tells what a flush waited for its acknowledgement, and what is not acknowledged', async () => {
    let nowMs = 1_000
    const told: [string, number][] = []
    const { outputs, answers } = accumulating({
      clock: { nowMs: () => nowMs },
      signals: {
        ...silentSignals,
        count: (name, _, by) => void told.push([name, by ?? 1]),
        gauge: (name, value) => void told.push([name, value]),
      },
    })
    outputs.add('users', user('abc'))
    const flushed = outputs.flush()
    await turn()
    nowMs += 40
    answers[0]!.resolve()
    await flushed
    expect(told).toEqual([
      ['outputs_held_bytes', 6],
      ['outputs_held_bytes', 0],
      ['outputs_waited_seconds', 0.04],
    ])
  })
})
