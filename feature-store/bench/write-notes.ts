import type { AppliedWrite } from './freshness.ts'

const SIDES: readonly AppliedWrite['side'][] = ['user', 'item']
/** Side, partition, next offset, time, and how many source partitions follow, each with its highest offset. */
const FIXED = 5
const CHUNK = 1 << 16

/** Fenced writes noted as plain numbers outside the heap: what is measured shall not carry along how it is measured. */
export interface WriteNotes {
  add(write: AppliedWrite): void
  /** For `readNotes`. */
  bytes(): Buffer
}

export function createWriteNotes(): WriteNotes {
  const full: Float64Array[] = []
  let chunk = new Float64Array(CHUNK)
  let length = 0

  function put(value: number): void {
    chunk[length++] = value
  }

  return {
    add({ side, partition, nextOffset, sourceHighs, atMs }) {
      if (length + FIXED + 2 * sourceHighs.size > CHUNK) {
        full.push(chunk.subarray(0, length))
        chunk = new Float64Array(CHUNK)
        length = 0
      }
      put(SIDES.indexOf(side))
      put(partition)
      put(nextOffset)
      put(atMs)
      put(sourceHighs.size)
      for (const [source, high] of sourceHighs) {
        put(source)
        put(high)
      }
    },
    bytes() {
      const chunks = [...full, chunk.subarray(0, length)]
      return Buffer.concat(chunks.map((part) => Buffer.from(part.buffer, part.byteOffset, part.byteLength)))
    },
  }
}

/** What was noted, in order. */
export function readNotes(bytes: Buffer): AppliedWrite[] {
  const values = new Float64Array(Uint8Array.from(bytes).buffer)
  let at = 0
  const take = () => values[at++]!
  const writes: AppliedWrite[] = []
  while (at < values.length) {
    const [side, partition, nextOffset, atMs] = [SIDES[take()]!, take(), take(), take()]
    const sourceHighs = new Map<number, number>()
    for (let left = take(); left > 0; left--) sourceHighs.set(take(), take())
    writes.push({ side, partition, nextOffset, sourceHighs, atMs })
  }
  return writes
}
