import { createRequire } from 'node:module'
import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeRecordBatches } from './kafka-record-batch.ts'
import { headersOf } from './record-headers.ts'

/** kafkajs' own encoder and decoder: what it writes must be read as it reads it. */
const require = createRequire(import.meta.url)
const inside = (file: string): unknown => require(`kafkajs/src/protocol/${file}`)
interface Encoded {
  buffer: Buffer
}
const { RecordBatch } = inside('recordBatch/v0') as { RecordBatch(given: object): Promise<Encoded> }
const Record = inside('recordBatch/record/v0') as (given: object) => Encoded
const Decoder = inside('decoder') as new (bytes: Buffer) => object
const theirs = inside('requests/fetch/v4/decodeMessages') as (decoder: object) => Promise<TheirMessage[]>
interface TheirMessage {
  offset: string
  timestamp: string
  key: Buffer | null
  value: Buffer | null
  headers: { readonly [name: string]: Buffer }
}

const GZIP = 1
const PARTITION = 3
const decompress = (codec: number, bytes: Buffer) => {
  expect(codec).toBe(GZIP)
  return Promise.resolve(gunzipSync(bytes))
}
const decode = (set: Buffer) => decodeRecordBatches(set, PARTITION, decompress)

const bytes = fc.option(fc.uint8Array({ maxLength: 300 }).map((given) => Buffer.from(given)))
/** kafkajs takes a header called as what every object inherits for one that was there before: it reads a list. */
const headerName = fc.string().filter((name) => !(name in Object.prototype))
const batch = fc.record({
  firstOffset: fc.integer({ min: 0, max: 2 ** 46 }),
  firstTimestamp: fc.integer({ min: 0, max: 2 ** 41 }),
  compression: fc.constantFrom(0, GZIP),
  transactional: fc.boolean(),
  producerId: fc.integer({ min: -1, max: 2 ** 40 }),
  /** Gaps are what compaction leaves. */
  records: fc.array(
    fc.record({
      gap: fc.integer({ min: 1, max: 300 }),
      timestampDelta: fc.integer({ min: -(2 ** 40), max: 2 ** 40 }),
      key: bytes,
      value: bytes,
      headers: fc.dictionary(headerName, fc.string(), { maxKeys: 2 }),
    }),
    { minLength: 1, maxLength: 20 },
  ),
})
type Batch = typeof batch extends fc.Arbitrary<infer B> ? B : never

async function encode({ records, ...given }: Batch): Promise<Buffer> {
  let offsetDelta = -1
  const encoded = records.map(({ gap, ...record }) =>
    Record({ ...record, offsetDelta: (offsetDelta += gap) }),
  )
  const { buffer } = await RecordBatch({ ...given, lastOffsetDelta: offsetDelta + 2, records: encoded })
  return buffer
}

async function asKafkaJsReads(set: Buffer) {
  const frame = Buffer.alloc(4 + set.length)
  frame.writeInt32BE(set.length)
  set.copy(frame, 4)
  return (await theirs(new Decoder(frame))).map(({ offset, timestamp, key, value, headers }) => ({
    partition: PARTITION,
    offset: Number(offset),
    brokerTimeMs: Number(timestamp),
    isProducerTime: true,
    key,
    value,
    headers: Object.entries(headers).map(([name, value]) => ({ name, value })),
  }))
}

describe('decodeRecordBatches', () => {
  it("reads what kafkajs' decoder reads", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(batch, { minLength: 1, maxLength: 4 }), async (batches) => {
        const set = Buffer.concat(await Promise.all(batches.map(encode)))
        const read = await decode(set)
        const told = read.flatMap(({ records }) => records)
        expect(
          told.map((record) => ({ ...record, headers: record.headers ? headersOf(record.headers) : [] })),
        ).toEqual(await asKafkaJsReads(set))
        for (const [index, { firstOffset, transactional, producerId, records }] of batches.entries())
          expect(read[index]).toMatchObject({
            firstOffset,
            lastOffset: firstOffset + records.reduce((sum, { gap }) => sum + gap, 1),
            isTransactional: transactional,
            producerId,
            isAbort: false,
          })
      }),
    )
  })

  it('leaves a batch that is cut off for the next fetch', async () => {
    await fc.assert(
      fc.asyncProperty(batch, batch, fc.double({ min: 0, max: 1, noNaN: true }), async (one, two, share) => {
        const [whole, cut] = [await encode(one), await encode(two)]
        const left = cut.subarray(0, Math.floor(share * (cut.length - 1)))
        const read = await decode(Buffer.concat([whole, left]))
        expect(read).toEqual(await decode(whole))
      }),
    )
  })

  it('never reads beyond a batch, whatever its bytes', async () => {
    const touched = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 8 })
    await fc.assert(
      fc.asyncProperty(batch, touched, async (given, changes) => {
        const set = await encode({ ...given, compression: 0 })
        // What is before the records decides how long they are: those bytes stay as they are.
        for (const [at, byte] of changes) set[57 + (at % (set.length - 57))] = byte
        const read = await decode(set).catch((error: unknown) => {
          expect(error).toMatchObject({ code: 'kafka_bug' })
          return []
        })
        for (const { firstOffset, records } of read)
          for (const { offset, brokerTimeMs, key, value } of records) {
            expect(offset).toBeGreaterThanOrEqual(firstOffset)
            expect(Number.isFinite(brokerTimeMs)).toBe(true)
            expect((key?.length ?? 0) + (value?.length ?? 0)).toBeLessThan(set.length)
          }
      }),
      { numRuns: 1_000 },
    )
  })

  it('takes the time of the broker where the topic asks for it', async () => {
    const set = Buffer.from(
      await encode({
        firstOffset: 5,
        firstTimestamp: 1_000,
        compression: 0,
        transactional: false,
        producerId: -1,
        records: [{ gap: 1, timestampDelta: 7, key: null, value: null, headers: {} }],
      }),
    )
    set.writeInt16BE(set.readInt16BE(21) | 0x08, 21)
    set.writeBigInt64BE(9_000n, 35)
    expect(await decode(set)).toMatchObject([
      { producerTimeMs: 1_000, records: [{ offset: 5, brokerTimeMs: 9_000, isProducerTime: false }] },
    ])
  })

  it('refuses the formats from before Kafka 0.11', async () => {
    const set = Buffer.alloc(80)
    set.writeInt8(1, 16)
    await expect(decode(set)).rejects.toMatchObject({ code: 'record_format', policy: 'operator' })
  })
})
