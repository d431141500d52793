import type { Type, types } from 'avsc'
import { createBytesMin, fieldsRead } from './avro-types.ts'
import type { Reading } from './avro-types.ts'
import { BoundsError, readLong, refuse } from './byte-cursor.ts'
import type { Cursor } from './byte-cursor.ts'
import { leafWalk, type Walk, walkString } from './leaf-walks.ts'

/**
 * Walks Avro binary by its writer schema, building nothing, and refuses what does not fit the bytes at hand.
 *
 * avsc 5.7.9 trusts every count: five corrupt bytes that say "two thousand million items" stall it for seconds or
 * kill the process past any `try`. It also takes any byte as a boolean, believes the byte size of a skipped block,
 * and turns invalid UTF-8 into other strings. After this walk a decoder can do none of that. Cost: linear in the
 * bytes, see README.
 *
 * @see https://avro.apache.org/docs/1.12.0/specification/#binary-encoding
 */
export interface BoundsWalk {
  /** Throws BoundsError unless `bytes` from `from` to its end is exactly one value. */
  (bytes: Buffer, from: number): void
}

export interface BoundsWalkOptions {
  /** How deep records, arrays and maps may be nested in each other (recursive schemas). */
  depthMax?: number
  /** How many items that take no bytes (null, empty records) a value may hold in all: bytes do not bound them. */
  emptyItemsMax?: number
  /**
   * The type the bytes will be read as: a long that it reads must be one that avsc holds exactly. (avsc 5.7.9
   * throws above 2^53 - 2, but below -2^52 it reads and writes other numbers without a word.) Bytes that it reads as a
   * string must be UTF-8.
   */
  reader?: Type
}

export function compileBoundsWalk(writer: Type, options: BoundsWalkOptions = {}): BoundsWalk {
  const walk = createCompiler(options)(writer, options.reader === undefined ? 'skipped' : 'read')
  const cursor: Cursor = { bytes: Buffer.alloc(0), at: 0, end: 0, depth: 0, emptyItems: 0 }
  const nothing = cursor.bytes
  return function walkBounds(bytes, from) {
    cursor.bytes = bytes
    cursor.at = from
    cursor.end = bytes.length
    cursor.depth = 0
    cursor.emptyItems = 0
    try {
      walk(cursor)
      if (cursor.at !== cursor.end)
        refuse(cursor, `${cursor.end - cursor.at} byte(s) left over after the record`)
    } finally {
      cursor.bytes = nothing
    }
  }
}

type Compile = (type: Type, reading: Reading) => Walk

interface Limits {
  depthMax: number
  emptyItemsMax: number
}

function createCompiler({ depthMax = 64, emptyItemsMax = 10_000, reader }: BoundsWalkOptions): Compile {
  const limits = { depthMax, emptyItemsMax }
  const readFields = fieldsRead(reader)
  const recordWalks = { read: new Map<Type, Walk>(), skipped: new Map<Type, Walk>() }
  const bytesMin = createBytesMin()

  function compile(type: Type, reading: Reading): Walk {
    switch (type.typeName) {
      case 'array':
        return compileBlocks((type as types.ArrayType).itemsType, reading, false)
      case 'map':
        return compileBlocks((type as types.MapType).valuesType as Type, reading, true)
      case 'record':
      case 'error':
        return compileRecord(type as types.RecordType, reading)
      case 'union:unwrapped':
      case 'union:wrapped':
        return unionWalk((type as types.UnwrappedUnionType).types.map((branch) => compile(branch, reading)))
      default: {
        const walk = leafWalk(type, reading)
        if (walk === undefined) throw new Error(`cannot walk the Avro type ${type.typeName}`)
        return walk
      }
    }
  }

  function compileBlocks(itemType: Type, reading: Reading, isMap: boolean): Walk {
    const itemBytesMin = bytesMin(itemType) + (isMap ? 1 : 0)
    return blocksWalk(compile(itemType, reading), { itemBytesMin, isMap }, limits)
  }

  /** The walk is there before its fields are: a recursive schema finds itself. */
  function compileRecord(type: types.RecordType, reading: Reading): Walk {
    const cache = reading === 'skipped' ? recordWalks.skipped : recordWalks.read
    const known = cache.get(type)
    if (known) return known
    const walks: Walk[] = []
    const names: string[] = []
    const walk = recordWalk(walks, names, limits)
    cache.set(type, walk)
    const wanted = reading === 'skipped' ? undefined : readFields.get(type.name)
    for (const field of type.fields) {
      names.push(field.name)
      walks.push(compile(field.type, wanted?.get(field.name) ?? 'skipped'))
    }
    return walk
  }

  return compile
}

function recordWalk(walks: readonly Walk[], names: readonly string[], { depthMax }: Limits): Walk {
  return (cursor) => {
    enter(cursor, depthMax)
    let i = 0
    try {
      for (; i < walks.length; i++) walks[i]!(cursor)
    } catch (error) {
      throw inside(error, names[i]!)
    }
    cursor.depth--
  }
}

/** Arrays and maps: blocks of a count, when negative followed by the block's size in bytes; a zero count ends. */
function blocksWalk(
  walkItem: Walk,
  { itemBytesMin, isMap }: { itemBytesMin: number; isMap: boolean },
  { depthMax, emptyItemsMax }: Limits,
): Walk {
  return (cursor) => {
    enter(cursor, depthMax)
    let items = 0
    for (;;) {
      let count = readLong(cursor)
      if (count === 0) break
      let blockEnd = -1
      if (count < 0) {
        count = -count
        const blockBytes = readLong(cursor)
        if (blockBytes < 0 || blockBytes > cursor.end - cursor.at) refuse(cursor, `block size ${blockBytes}`)
        blockEnd = cursor.at + blockBytes
      }
      boundCount(cursor, count, itemBytesMin, emptyItemsMax)
      try {
        for (let last = items + count; items < last; items++) {
          if (isMap) walkString(cursor)
          walkItem(cursor)
        }
      } catch (error) {
        throw inside(error, String(items))
      }
      if (blockEnd !== -1 && blockEnd !== cursor.at) refuse(cursor, 'block size is not that of its items')
    }
    cursor.depth--
  }
}

function boundCount(cursor: Cursor, count: number, itemBytesMin: number, emptyItemsMax: number): void {
  const left = cursor.end - cursor.at
  if (itemBytesMin > 0) {
    if (count * itemBytesMin > left) refuse(cursor, `${count} items do not fit the ${left} byte(s) left`)
    return
  }
  cursor.emptyItems += count
  if (cursor.emptyItems > emptyItemsMax)
    refuse(cursor, `${count} items of no bytes, at most ${emptyItemsMax}`)
}

function unionWalk(walks: readonly Walk[]): Walk {
  return (cursor) => {
    const index = readLong(cursor)
    const walk = walks[index]
    if (walk === undefined) return refuse(cursor, `union branch ${index} of ${walks.length}`)
    walk(cursor)
  }
}

function enter(cursor: Cursor, depthMax: number): void {
  if (++cursor.depth > depthMax) refuse(cursor, `nested deeper than ${depthMax}`)
}

/** Adds a field name or item index to the path while the error travels up. */
function inside(error: unknown, step: string): unknown {
  return error instanceof BoundsError ? new BoundsError(error.reason, error.at, [step, ...error.path]) : error
}
