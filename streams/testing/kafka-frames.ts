/** Kafka's wire format as far as a proxy must see it: where a message begins, and what it is. */

const SIZE_BYTES = 4
const API_KEY_AT = 4
const CORRELATION_ID_AT = 8
const PRODUCE = 0

/** Cuts a stream into its size-prefixed messages. Bytes that are not whole yet wait for the next push. */
export function createFrames(): { push(chunk: Buffer): Buffer[] } {
  let rest: Buffer = Buffer.alloc(0)
  return {
    push(chunk) {
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
      const frames: Buffer[] = []
      while (rest.length >= SIZE_BYTES) {
        const end = SIZE_BYTES + rest.readInt32BE(0)
        if (rest.length < end) break
        frames.push(rest.subarray(0, end))
        rest = rest.subarray(end)
      }
      return frames
    },
  }
}

/** The correlation id when the request is a Produce; null for every other request. */
export function produceCorrelationId(request: Buffer): number | null {
  return request.readInt16BE(API_KEY_AT) === PRODUCE ? request.readInt32BE(CORRELATION_ID_AT) : null
}

export const answeredCorrelationId = (answer: Buffer): number => answer.readInt32BE(SIZE_BYTES)
