/** Kafka's wire format as far as a proxy must see it: where a message begins, and what it is. */

const SIZE_BYTES = 4
const API_KEY_AT = 4
const CORRELATION_ID_AT = 8
const PRODUCE = 0

/** Size, API key, version and correlation id. */
export const REQUEST_HEAD_BYTES = 12
/** Size and correlation id. */
export const ANSWER_HEAD_BYTES = 8

/**
 * Finds the size-prefixed messages in a stream and answers how each begins, as soon as that has come. Bodies are
 * passed over without a copy: they may be large, and a proxy may carry something else than Kafka.
 */
export function createHeads(headBytes: number): { push(chunk: Buffer): Buffer[] } {
  let head: Buffer = Buffer.alloc(0)
  let bodyLeft = 0
  return {
    push(chunk) {
      const heads: Buffer[] = []
      for (let at = 0; at < chunk.length;) {
        if (bodyLeft > 0) {
          const passed = Math.min(bodyLeft, chunk.length - at)
          bodyLeft -= passed
          at += passed
          continue
        }
        const more = chunk.subarray(at, at + headBytes - head.length)
        head = Buffer.concat([head, more])
        at += more.length
        if (head.length < headBytes) break
        heads.push(head)
        bodyLeft = Math.max(0, SIZE_BYTES + head.readInt32BE(0) - headBytes)
        head = Buffer.alloc(0)
      }
      return heads
    },
  }
}

/** The correlation id when the request is a Produce; null for every other request. */
export function produceCorrelationId(request: Buffer): number | null {
  return request.readInt16BE(API_KEY_AT) === PRODUCE ? request.readInt32BE(CORRELATION_ID_AT) : null
}

export const answeredCorrelationId = (answer: Buffer): number => answer.readInt32BE(SIZE_BYTES)
