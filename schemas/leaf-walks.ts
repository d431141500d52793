import { isUtf8 } from 'node:buffer'
import type { Type, types } from 'avsc'
import type { Reading } from './avro-types.ts'
import { type Cursor, readLength, readLong, refuse } from './byte-cursor.ts'

/** Moves the cursor past one value; refuses what is none. */
export type Walk = (cursor: Cursor) => void

/** The walk of a type that holds no other; undefined: it does. */
export function leafWalk(type: Type, reading: Reading): Walk | undefined {
  switch (type.typeName) {
    case 'null':
      return () => undefined
    case 'boolean':
      return walkBoolean
    case 'int':
      return walkInt
    case 'long':
      return reading === 'skipped' ? walkLong : walkExactLong
    case 'float':
      return fixedWalk(4)
    case 'double':
      return fixedWalk(8)
    case 'bytes':
      return reading === 'readAsText' ? walkString : walkBytes
    case 'string':
      return walkString
    case 'fixed':
      return fixedWalk((type as types.FixedType).size)
    case 'enum':
      return enumWalk((type as types.EnumType).symbols.length)
    default:
      return undefined
  }
}

function fixedWalk(size: number): Walk {
  return (cursor) => {
    if (size > cursor.end - cursor.at) refuse(cursor, `${size} bytes wanted, ${cursor.end - cursor.at} left`)
    cursor.at += size
  }
}

function enumWalk(symbols: number): Walk {
  return (cursor) => {
    const index = readLong(cursor)
    if (index < 0 || index >= symbols) refuse(cursor, `enum symbol ${index} of ${symbols}`)
  }
}

function walkBoolean(cursor: Cursor): void {
  const byte = cursor.at < cursor.end ? cursor.bytes[cursor.at]! : -1
  if (byte !== 0 && byte !== 1)
    refuse(cursor, byte === -1 ? 'bytes end inside a boolean' : `boolean byte ${byte}`)
  cursor.at++
}

function walkInt(cursor: Cursor): void {
  const value = readLong(cursor)
  if (value < -2_147_483_648 || value > 2_147_483_647) refuse(cursor, `int ${value} has more than 32 bits`)
}

function walkLong(cursor: Cursor): void {
  readLong(cursor)
}

const EXACT_MAX = 2 ** 53 - 2
const EXACT_BELOW = -(2 ** 52)

function walkExactLong(cursor: Cursor): void {
  const value = readLong(cursor)
  if (value > EXACT_MAX || value <= EXACT_BELOW) refuse(cursor, `long ${value} cannot be held exactly`)
}

function walkBytes(cursor: Cursor): void {
  const length = readLength(cursor)
  cursor.at += length
}

/** Beyond this length the built-in check is faster than looking at each byte. */
const SHORT_STRING_BYTES = 48

export function walkString(cursor: Cursor): void {
  const length = readLength(cursor)
  const { bytes, at } = cursor
  cursor.at = at + length
  if (length <= SHORT_STRING_BYTES) {
    let i = at
    while (i < cursor.at && bytes[i]! < 0x80) i++
    if (i === cursor.at) return
  }
  if (!isUtf8(bytes.subarray(at, cursor.at))) refuse(cursor, 'string is not UTF-8')
}
