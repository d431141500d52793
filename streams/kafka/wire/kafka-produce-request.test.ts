import fc from 'fast-check'
import { expect, it, vi } from 'vitest'
import type { Message } from 'kafkajs'
import { freshKafkajs } from '../../testing/fresh-kafkajs.ts'
import { encodeOwnProduce, type Produce, type ProduceRequests } from './kafka-produce-request.ts'
import { decodeRecordBatches } from './kafka-record-batch.ts'

const freshRequests = () => freshKafkajs('protocol/requests/produce') as ProduceRequests
const theirs = freshRequests()
const ours = freshRequests()
encodeOwnProduce(ours)
const VERSIONS = [3, 5, 7]
const GZIP = 1
const unpacked = () => Promise.reject(new Error('not compressed'))

const bytes = fc.oneof(
  fc.constant(null),
  fc.string(),
  fc.uint8Array({ maxLength: 300 }).map((given) => Buffer.from(given)),
)
const message = (timestamp: fc.Arbitrary<string | undefined>) =>
  fc.record({ key: bytes, value: bytes, timestamp })
/** kafkajs sorts times as text and begins with the lowest, we with the first: the same where none go back. */
const messages = fc.oneof(
  fc.array(message(fc.constant(undefined)), { minLength: 1, maxLength: 150 }),
  fc
    .tuple(
      fc.integer({ min: 10 ** 12, max: 2 * 10 ** 12 }),
      fc.array(fc.tuple(fc.nat(2 ** 33), message(fc.constant(undefined))), { minLength: 1, maxLength: 5 }),
    )
    .map(([first, later]) => {
      let at = first
      return later.map(([gap, each]) => ({ ...each, timestamp: String((at += gap)) }))
    }),
)
const produce: fc.Arbitrary<Produce> = fc.record({
  transactionalId: fc.option(fc.string({ minLength: 1 }), { nil: undefined }),
  acks: fc.constantFrom(-1, 0, 1),
  timeout: fc.nat(),
  compression: fc.constantFrom(0, undefined),
  producerId: fc.oneof(fc.constant(-1), fc.bigInt({ min: 0n, max: 2n ** 62n }).map(String)),
  producerEpoch: fc.nat(32_767),
  topicData: fc.array(
    fc.record({
      topic: fc.string(),
      partitions: fc.array(fc.record({ partition: fc.nat(), firstSequence: fc.nat(2 ** 31 - 1), messages }), {
        maxLength: 3,
      }),
    }),
    { maxLength: 3 },
  ),
})

it('writes byte for byte what kafkajs writes', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  try {
    await fc.assert(
      fc.asyncProperty(produce, fc.constantFrom(...VERSIONS), async (given, version) => {
        const [expected, found] = await Promise.all(
          [theirs, ours].map((requests) => requests.protocol({ version })(given).request.encode()),
        )
        expect(found!.buffer.equals(expected!.buffer)).toBe(true)
      }),
      { numRuns: 500 },
    )
  } finally {
    vi.useRealTimers()
  }
})

const one = (messages: Message[], compression = 0): Produce => ({
  acks: -1,
  timeout: 1,
  compression,
  topicData: [{ topic: 't', partitions: [{ partition: 0, messages }] }],
})

it('reaches back to messages that are older than the first', async () => {
  const times = [2_000, 999, 3_000]
  const sent = one(times.map((time) => ({ value: 'v', timestamp: String(time) })))
  const { buffer } = await ours.protocol({ version: 7 })(sent).request.encode()
  const batches = await decodeRecordBatches(buffer.subarray(buffer.indexOf('t') + 13), 0, unpacked)
  expect(batches.map(({ records }) => records.map(({ brokerTimeMs }) => brokerTimeMs))).toEqual([times])
})

it('leaves what is compressed or has headers to kafkajs', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  try {
    for (const sent of [one([{ value: 'v' }], GZIP), one([{ value: 'v', headers: { h: 'x' } }])]) {
      const [expected, found] = await Promise.all(
        [theirs, ours].map((requests) => requests.protocol({ version: 7 })(sent).request.encode()),
      )
      expect(found!.buffer.equals(expected!.buffer)).toBe(true)
    }
  } finally {
    vi.useRealTimers()
  }
})
