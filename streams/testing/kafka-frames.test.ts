import { expect, it } from 'vitest'
import {
  ANSWER_HEAD_BYTES,
  answeredCorrelationId,
  createHeads,
  produceCorrelationId,
  REQUEST_HEAD_BYTES,
} from './kafka-frames.ts'

function request(apiKey: number, correlationId: number, bodyBytes: number): Buffer {
  const frame = Buffer.alloc(REQUEST_HEAD_BYTES + bodyBytes, 0xff)
  frame.writeInt32BE(frame.length - 4, 0)
  frame.writeInt16BE(apiKey, 4)
  frame.writeInt16BE(9, 6)
  frame.writeInt32BE(correlationId, 8)
  return frame
}

it.each([1, 2, 5, 11, 12, 13, 64, 100_000])(
  'finds produce requests in a stream cut every %d bytes',
  (every) => {
    const stream = Buffer.concat([
      request(0, 7, 300),
      request(1, 8, 0),
      request(0, -9, 1),
      request(0, 10, 5_000),
    ])
    const heads = createHeads(REQUEST_HEAD_BYTES)
    const found: (number | null)[] = []
    for (let at = 0; at < stream.length; at += every)
      for (const head of heads.push(stream.subarray(at, at + every))) found.push(produceCorrelationId(head))
    expect(found).toEqual([7, null, -9, 10])
  },
)

it('tells which request an answer is for before its body has come', () => {
  const answer = Buffer.alloc(ANSWER_HEAD_BYTES)
  answer.writeInt32BE(1_000, 0)
  answer.writeInt32BE(42, 4)
  const heads = createHeads(ANSWER_HEAD_BYTES)
  expect(heads.push(answer.subarray(0, 6))).toEqual([])
  expect(heads.push(answer.subarray(6)).map(answeredCorrelationId)).toEqual([42])
})

it('holds nothing of what is not Kafka, and does not stop at it', () => {
  const heads = createHeads(REQUEST_HEAD_BYTES)
  expect(heads.push(Buffer.from('*4\r\n$7\r\nevalsha\r\n')).length).toBe(1)
  expect(heads.push(Buffer.alloc(1_000, 0xff))).toEqual([])
  const negative = createHeads(REQUEST_HEAD_BYTES)
  expect(negative.push(Buffer.alloc(36, 0xff)).length).toBe(3)
})
