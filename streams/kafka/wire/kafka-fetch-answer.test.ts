import { createRequire } from 'node:module'
import { describe, expect, it } from 'vitest'
import { committed, decodeFetchAnswer } from './kafka-fetch-answer.ts'
import type { RecordBatch } from './kafka-record-batch.ts'

const require = createRequire(import.meta.url)
const inside = (file: string): unknown => require(`kafkajs/src/protocol/${file}`)
interface Encoder {
  buffer: Buffer
  writeInt8(value: number): Encoder
  writeInt16(value: number): Encoder
  writeInt32(value: number): Encoder
  writeInt64(value: number): Encoder
  writeString(value: string): Encoder
  writeBuffer(value: Buffer): Encoder
  writeArray(values: Encoder[]): Encoder
}
const Encoder = inside('encoder') as new () => Encoder
const { RecordBatch: encodeBatch } = inside('recordBatch/v0') as {
  RecordBatch(given: object): Promise<{ buffer: Buffer }>
}
const Record = inside('recordBatch/record/v0') as (given: object) => object
const theirs = inside('requests/fetch/v11/response') as { decode(frame: Buffer): Promise<Answer> }
interface Answer {
  responses: { topicName: string; partitions: { messages: { offset: string }[] }[] }[]
}

async function batchAt(firstOffset: number, count: number): Promise<Buffer> {
  const records = Array.from({ length: count }, (_, offsetDelta) =>
    Record({ offsetDelta, timestampDelta: 0, key: 'k', value: `v${offsetDelta}`, headers: {} }),
  )
  const lastOffsetDelta = count - 1
  return (await encodeBatch({ firstOffset, firstTimestamp: 1_000, lastOffsetDelta, records })).buffer
}

const partition = (id: number, errorCode: number, set: Buffer, aborted: [number, number][] = []) =>
  new Encoder()
    .writeInt32(id)
    .writeInt16(errorCode)
    .writeInt64(100 + id)
    .writeInt64(90)
    .writeInt64(0)
    .writeArray(aborted.map(([by, from]) => new Encoder().writeInt64(by).writeInt64(from)))
    .writeInt32(-1)
    .writeInt32(set.length)
    .writeBuffer(set)

describe('decodeFetchAnswer', () => {
  it("reads what kafkajs' decoder reads, a record batch in the place of its messages", async () => {
    const full = Buffer.concat([await batchAt(10, 3), await batchAt(13, 1)])
    const frame = new Encoder()
      .writeInt32(25)
      .writeInt16(0)
      .writeInt32(7)
      .writeArray([
        new Encoder()
          .writeString('feed.interactions.v1')
          .writeArray([partition(0, 0, full), partition(1, 6, Buffer.alloc(0))]),
        new Encoder().writeString('other').writeArray([partition(2, 0, full.subarray(0, 20), [[4, 5]])]),
      ]).buffer
    const [read, reference] = [await decodeFetchAnswer(frame), await theirs.decode(frame)]
    const { messages, highWatermark, ...first } = read.responses[0]!.partitions[0]!
    const known = reference.responses[0]!.partitions[0]!
    expect(known).toMatchObject(first)
    expect(highWatermark, 'what may be read by now').toBe('90')
    expect(messages.flatMap(({ records }) => records.map(({ offset }) => String(offset)))).toEqual(
      known.messages.map(({ offset }) => offset),
    )
    expect(messages.map(({ offset }) => offset)).toEqual(['12', '13'])
    expect(read.responses[0]!.partitions[1]).toMatchObject({
      errorCode: 6,
      highWatermark: '90',
      messages: [],
    })
    expect(read.responses[1]).toMatchObject({ topicName: 'other', partitions: [{ messages: [] }] })
    expect(reference).toMatchObject({ throttleTime: 0, clientSideThrottleTime: 25, sessionId: 7 })
    expect(read).toMatchObject({ throttleTime: 0, clientSideThrottleTime: 25, sessionId: 7 })
  })
})

describe('committed', () => {
  const record = (offset: number) => ({ partition: 0, offset, key: null, value: null, brokerTimeMs: 0 })
  const data = (producerId: number, firstOffset: number, isTransactional = true): RecordBatch => ({
    firstOffset,
    lastOffset: firstOffset + 1,
    producerId,
    producerTimeMs: 0,
    isTransactional,
    isAbort: false,
    records: [record(firstOffset), record(firstOffset + 1)],
  })
  const end = (producerId: number, firstOffset: number, isAbort: boolean): RecordBatch => ({
    ...data(producerId, firstOffset),
    lastOffset: firstOffset,
    isAbort,
    records: [],
  })
  const left = (batches: readonly RecordBatch[]) =>
    batches.filter(({ records }) => records.length > 0).map(({ firstOffset }) => firstOffset)

  it('leaves out what was taken back, by producer and until its end', () => {
    const log = [data(1, 0), data(2, 2), end(1, 4, true), data(1, 5), end(1, 7, false), end(2, 8, false)]
    expect(left(committed(log, [{ producerId: 1, firstOffset: 0 }]))).toEqual([2, 5])
    expect(left(committed(log, []))).toEqual([0, 2, 5])
  })

  it('knows all transactions that were under way before the fetch begins', () => {
    const log = [data(2, 10), data(1, 12), end(1, 14, true), end(2, 15, true), data(2, 16, false)]
    const takenBack = [
      { producerId: 1, firstOffset: 3 },
      { producerId: 2, firstOffset: 5 },
    ]
    expect(left(committed(log, takenBack))).toEqual([16])
  })

  it('takes two transactions of one producer apart', () => {
    const log = [data(1, 0), end(1, 2, true), data(1, 3), end(1, 5, false), data(1, 6), end(1, 8, true)]
    const takenBack = [
      { producerId: 1, firstOffset: 6 },
      { producerId: 1, firstOffset: 0 },
    ]
    expect(left(committed(log, takenBack))).toEqual([3])
  })
})
