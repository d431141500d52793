/** A place in bytes that are being walked, and what has been met on the way. */
export interface Cursor {
  bytes: Buffer
  at: number
  end: number
  depth: number
  emptyItems: number
}

/** Where and how the bytes break the schema. */
export class BoundsError extends Error {
  override readonly name = 'BoundsError'
  constructor(
    readonly reason: string,
    readonly at: number,
    readonly path: readonly string[],
  ) {
    super(`${path.length === 0 ? '' : `${path.join('.')}: `}${reason} (byte ${at})`)
  }
}

export function refuse(cursor: Cursor, reason: string): never {
  throw new BoundsError(reason, cursor.at, [])
}

/** A length of bytes to follow, which must be there. */
export function readLength(cursor: Cursor): number {
  const length = readLong(cursor)
  if (length < 0 || length > cursor.end - cursor.at) {
    refuse(cursor, `length ${length}, ${cursor.end - cursor.at} byte(s) left`)
  }
  return length
}

/** A zigzag varint of at most ten bytes. Past 2^53 the number is inexact, and far beyond any count or length. */
export function readLong(cursor: Cursor): number {
  const { bytes, end } = cursor
  let at = cursor.at
  if (at >= end) refuse(cursor, 'bytes end inside a number')
  const first = bytes[at++]!
  if (first < 0x80) {
    cursor.at = at
    return (first >>> 1) ^ -(first & 1)
  }
  let value = first & 0x7f
  let scale = 128
  for (let length = 2; ; length++) {
    if (at >= end) refuse(cursor, 'bytes end inside a number')
    const byte = bytes[at++]!
    value += (byte & 0x7f) * scale
    if (byte < 0x80) {
      if (length === 10 && byte > 1) refuse(cursor, 'number has more than 64 bits')
      break
    }
    if (length === 10) refuse(cursor, 'number is longer than ten bytes')
    scale *= 128
  }
  cursor.at = at
  return (first & 1) === 0 ? value / 2 : -(value + 1) / 2
}
