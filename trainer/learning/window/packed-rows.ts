import type { TrainingExample } from '../training-example.ts'
import { asTaught } from '../training-example.ts'

/** Examples as columns of numbers: what a window holds of them, in memory and in a file. Row-major. */
export interface PackedRows {
  readonly count: number
  readonly width: number
  readonly occurredAtMs: Float64Array
  /** count x width, as learners see them. */
  readonly vectors: Float32Array
  readonly weights: Float32Array
  readonly propensities: Float32Array
  /** Bytes of item and user of each row in `names`. */
  readonly nameLengths: Uint32Array
  /** count x width. */
  readonly flags: Uint8Array
  readonly labels: Uint8Array
  /** Item, user, item, user ...: UTF-8. */
  readonly names: Uint8Array
}

/** Numbers of 8, 4 and 1 bytes in this order: each column begins at a multiple of the size of its numbers. */
const COLUMNS = [
  ['occurredAtMs', Float64Array, false],
  ['vectors', Float32Array, true],
  ['weights', Float32Array, false],
  ['propensities', Float32Array, false],
  ['nameLengths', Uint32Array, false],
  ['flags', Uint8Array, true],
  ['labels', Uint8Array, false],
] as const
const PER_ROW = { nameLengths: 2 } as Readonly<Record<string, number>>

const lengthOf = (name: string, perColumn: boolean, { count, width }: { count: number; width: number }) =>
  count * (perColumn ? width : (PER_ROW[name] ?? 1))

/** Of a row without its names. */
export const packedRowBytes = (width: number): number => 5 * width + 25

export const packedBytesOf = ({ count, width, names }: PackedRows): number =>
  count * packedRowBytes(width) + names.length

/** The columns one after another. */
export function bytesOfRows(rows: PackedRows): Uint8Array {
  const bytes = new Uint8Array(packedBytesOf(rows))
  let at = 0
  for (const column of [...COLUMNS.map(([name]) => rows[name]), rows.names]) {
    bytes.set(new Uint8Array(column.buffer, column.byteOffset, column.byteLength), at)
    at += column.byteLength
  }
  return bytes
}

/** @param bytes as `bytesOfRows` made them */
export function rowsOfBytes(bytes: Uint8Array, size: { count: number; width: number }): PackedRows {
  // A copy begins at 0, whatever these bytes are part of.
  const { buffer } = new Uint8Array(bytes)
  let at = 0
  const columns = COLUMNS.map(([name, Column, perColumn]) => {
    const column = new Column(buffer, at, lengthOf(name, perColumn, size))
    at += column.byteLength
    return [name, column]
  })
  return {
    ...size,
    ...(Object.fromEntries(columns) as Omit<PackedRows, 'count' | 'width' | 'names'>),
    names: new Uint8Array(buffer, at),
  }
}

export interface RowPacker {
  add(example: TrainingExample): void
  readonly count: number
  readonly bytes: number
  /** What was added, in order; it goes on from nothing. */
  take(): PackedRows
  /** The same, and it goes on from there. */
  look(): PackedRows
}

const encoder = new TextEncoder()

/** @param capacity rows at most */
export function createRowPacker(width: number, capacity: number): RowPacker {
  let columns = emptyColumns(width, capacity)
  let names: Uint8Array[] = []
  let [count, nameBytes] = [0, 0]

  function look(): PackedRows {
    const size = { count, width }
    const used = COLUMNS.map(([name, , perColumn]) => [
      name,
      columns[name].slice(0, lengthOf(name, perColumn, size)),
    ])
    return {
      ...size,
      ...(Object.fromEntries(used) as Omit<PackedRows, 'count' | 'width' | 'names'>),
      names: Buffer.concat(names),
    }
  }

  return {
    add(example) {
      columns.occurredAtMs[count] = example.occurredAtMs
      columns.vectors.set(asTaught(example).vector, count * width)
      columns.weights[count] = 1
      columns.propensities[count] = example.propensity
      columns.flags.set(example.flags.subarray(0, width), count * width)
      columns.labels[count] = example.label
      for (const [at, name] of [example.itemId, example.userId].entries()) {
        const encoded = encoder.encode(name)
        columns.nameLengths[2 * count + at] = encoded.length
        names.push(encoded)
        nameBytes += encoded.length
      }
      count += 1
    },
    get count() {
      return count
    },
    get bytes() {
      return count * packedRowBytes(width) + nameBytes
    },
    look,
    take() {
      const rows = look()
      columns = emptyColumns(width, capacity)
      names = []
      ;[count, nameBytes] = [0, 0]
      return rows
    },
  }
}

function emptyColumns(width: number, capacity: number) {
  return {
    occurredAtMs: new Float64Array(capacity),
    vectors: new Float32Array(capacity * width),
    weights: new Float32Array(capacity),
    propensities: new Float32Array(capacity),
    nameLengths: new Uint32Array(2 * capacity),
    flags: new Uint8Array(capacity * width),
    labels: new Uint8Array(capacity),
  }
}

/** Some of the rows, copied. @param places ascending */
export function packedRowsAt(rows: PackedRows, places: readonly number[]): PackedRows {
  const { width } = rows
  const packed = { count: places.length, width, ...emptyColumns(width, places.length) }
  const names: Uint8Array[] = []
  let [row, nameAt] = [0, 0]
  for (const [at, place] of places.entries()) {
    for (; row < place; row++) nameAt += nameBytesOf(rows, row)
    packed.occurredAtMs[at] = rows.occurredAtMs[place]!
    packed.vectors.set(rows.vectors.subarray(place * width, (place + 1) * width), at * width)
    packed.weights[at] = rows.weights[place]!
    packed.propensities[at] = rows.propensities[place]!
    packed.flags.set(rows.flags.subarray(place * width, (place + 1) * width), at * width)
    packed.labels[at] = rows.labels[place]!
    packed.nameLengths.set(rows.nameLengths.subarray(2 * place, 2 * place + 2), 2 * at)
    names.push(rows.names.subarray(nameAt, nameAt + nameBytesOf(rows, place)))
  }
  return { ...packed, names: Buffer.concat(names) }
}

const nameBytesOf = ({ nameLengths }: PackedRows, row: number) =>
  nameLengths[2 * row]! + nameLengths[2 * row + 1]!

/** Item and user of every row, in turn. */
export function namesOf({ names, nameLengths }: PackedRows): string[] {
  const text = Buffer.from(names.buffer, names.byteOffset, names.byteLength)
  // In ASCII a byte is a character: one long text is cut, instead of many short ones read.
  const whole = text.toString('latin1')
  const isAscii = !/[^\u0000-\u007f]/.test(whole)
  let at = 0
  return Array.from(nameLengths, (length) => {
    const from = at
    at += length
    return isAscii ? whole.slice(from, at) : text.toString('utf8', from, at)
  })
}
