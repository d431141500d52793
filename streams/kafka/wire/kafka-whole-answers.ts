/** The length of an answer comes before it: https://kafka.apache.org/protocol#protocol_common */
const SIZE_BYTES = 4

/**
 * Holds the bytes of an answer back until all of them have come, then gives them on as they came.
 *
 * kafkajs 2.2.4 keeps what it has of an answer when a connection breaks, and takes the first bytes of the next
 * connection for its rest: from there on it reads lengths where there are none, and hangs, or throws out of reach of
 * everybody. Who gives it whole answers only leaves nothing behind.
 */
export function wholeAnswers(give: (bytes: Buffer) => void): (chunk: Buffer) => void {
  let held: Buffer[] = []
  let heldBytes = 0
  let size: number | null = null

  return (chunk) => {
    held.push(chunk)
    heldBytes += chunk.length
    for (;;) {
      if (size === null && heldBytes >= SIZE_BYTES) size = Buffer.concat(held, SIZE_BYTES).readInt32BE(0)
      if (size === null || heldBytes < SIZE_BYTES + size) return
      const last = held.pop()!
      const over = heldBytes - (SIZE_BYTES + size) // all that is beyond the answer is in the last chunk
      for (const bytes of held) give(bytes)
      give(last.subarray(0, last.length - over))
      held = over === 0 ? [] : [last.subarray(last.length - over)]
      heldBytes = over
      size = null
    }
  }
}
