import { expect, it } from 'vitest'
import { answeredCorrelationId, createFrames, produceCorrelationId } from './kafka-frames.ts'

/** Size, api key, api version, correlation id, client id: the head of a request, then its body. */
function request(apiKey: number, correlationId: number, body = 'body'): Buffer {
  const head = Buffer.alloc(12)
  head.writeInt16BE(apiKey, 4)
  head.writeInt16BE(7, 6)
  head.writeInt32BE(correlationId, 8)
  const frame = Buffer.concat([head, Buffer.from(body)])
  frame.writeInt32BE(frame.length - 4, 0)
  return frame
}

it('finds the messages of a stream however it is cut', () => {
  const sent = [request(0, 1), request(3, 2, ''), request(1, 3, 'x'.repeat(300))]
  const stream = Buffer.concat(sent)
  for (const bytes of [1, 3, 7, 64, stream.length]) {
    const frames = createFrames()
    const found: Buffer[] = []
    for (let from = 0; from < stream.length; from += bytes)
      found.push(...frames.push(stream.subarray(from, from + bytes)))
    expect(found.map((frame) => frame.toString('hex'))).toEqual(sent.map((frame) => frame.toString('hex')))
  }
})

it('knows a Produce and its answer', () => {
  expect(produceCorrelationId(request(0, 77))).toBe(77)
  expect(produceCorrelationId(request(1, 77))).toBeNull()
  const answer = Buffer.alloc(8)
  answer.writeInt32BE(77, 4)
  expect(answeredCorrelationId(answer)).toBe(77)
})
