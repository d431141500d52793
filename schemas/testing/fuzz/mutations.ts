import { HEADER_BYTES } from '../../wire-format.ts'
import type { Chance } from '../chance.ts'

/** What a mutation may draw from besides the payload it is given. */
export interface MutationSource {
  /** Another well-formed payload of the same topic, or of any. */
  other(chance: Chance): Buffer
  /** Ids the registry knows, of all topics. */
  schemaIds: readonly number[]
}

export type Mutation = (bytes: Buffer, chance: Chance, source: MutationSource) => Buffer

/** The largest payload made: what `limits.recordBytesMax` lets through to the codec by default. */
export const PAYLOAD_BYTES_MAX = 1024 * 1024
/** Of the attacks that add bytes: most add few, since a long payload takes the time of thousands. */
const floodBytes = (chance: Chance) => 2 ** (chance.int(100) < 99 ? chance.int(12) : 12 + chance.int(9))

/** Varints that lie: huge, negative, overlong, endless, more than 64 bits. */
const LIES = [
  'feffffff0f',
  'ffffffff0f',
  'feffffffffffffff7f',
  'ffffffffffffffffff01',
  'feffffffffffffffff7f',
  '808080808080808080808000',
  'ffffffffffffffffffffffffff',
  '80',
  '01',
  'ff01',
].map((hex) => Buffer.from(hex, 'hex'))

/** Fillers that are whole small values: zero, one, minus one, an empty string in a union, a string of one. */
const FILLERS = ['00', '02', '01', '0200', '0241', '000000', '020000', 'ff'].map((hex) =>
  Buffer.from(hex, 'hex'),
)

/** The mutations by name; several may follow one another. Each is given and gives back at most PAYLOAD_BYTES_MAX. */
export const MUTATIONS: Readonly<Record<string, Mutation>> = {
  bitFlip(bytes, chance) {
    const copy = Buffer.from(bytes)
    for (let flips = 1 + chance.int(3); flips > 0 && copy.length > 0; flips--)
      copy[chance.int(copy.length)]! ^= 1 << chance.int(8)
    return copy
  },
  byteSet(bytes, chance) {
    const at = placeIn(bytes, chance)
    return splice(bytes, at, 1, Buffer.of(chance.int(256)))
  },
  truncate: (bytes, chance) => bytes.subarray(0, chance.int(bytes.length + 1)),
  cut(bytes, chance) {
    return splice(bytes, placeIn(bytes, chance), 1 + chance.int(40), Buffer.alloc(0))
  },
  noiseIn(bytes, chance) {
    return splice(bytes, placeIn(bytes, chance), chance.int(3), noise(1 + chance.int(12), chance))
  },
  lyingNumber(bytes, chance) {
    return splice(bytes, placeIn(bytes, chance), chance.int(3), chance.pick(LIES))
  },
  spliceRecords(bytes, chance, source) {
    const other = source.other(chance)
    const at = placeIn(bytes, chance)
    // At the same place the other one may go on as this one would have.
    const from = chance.int(2) === 0 ? at : placeIn(other, chance)
    return Buffer.concat([bytes.subarray(0, at), other.subarray(from)])
  },
  repeatField(bytes, chance) {
    const from = placeIn(bytes, chance)
    const piece = bytes.subarray(from, from + 1 + chance.int(24))
    return splice(bytes, from, 0, repeated(piece, floodBytes(chance)))
  },
  /** A count of items, and as many small items: an array that keeps its word. */
  arrayBomb(bytes, chance) {
    const filler = chance.pick(FILLERS)
    const items = Math.max(1, Math.floor(floodBytes(chance) / filler.length))
    const block = Buffer.concat([varint(items), repeated(filler, items * filler.length), Buffer.of(0)])
    return splice(bytes, placeIn(bytes, chance), chance.int(2), block)
  },
  /** A negative count, then the block's size in bytes: true, too small, too large or negative. */
  sizedBlock(bytes, chance) {
    const filler = chance.pick(FILLERS)
    const items = 1 + chance.int(40)
    const size = items * filler.length + chance.pick([0, 0, 1, -1, 1_000, -100_000])
    const block = [varint(-items), varint(size), repeated(filler, items * filler.length), Buffer.of(0)]
    return splice(bytes, placeIn(bytes, chance), chance.int(2), Buffer.concat(block))
  },
  /** One item inside one item inside one item, as deep as the bytes go. */
  nesting(bytes, chance) {
    const depth = floodBytes(chance)
    const inside = Buffer.concat([repeated(chance.pick(FILLERS), depth), Buffer.alloc(chance.int(2) * depth)])
    return splice(bytes, placeIn(bytes, chance), chance.int(3), inside)
  },
  headerId(bytes, chance, source) {
    const copy = Buffer.from(bytes)
    if (copy.length < HEADER_BYTES) return copy
    copy.writeUInt32BE(chance.int(3) > 0 ? chance.pick(source.schemaIds) : chance.int(2 ** 32), 1)
    return copy
  },
  anyBytes(bytes, chance) {
    const body = noise(chance.int(200), chance)
    return chance.int(8) === 0 ? body : Buffer.concat([bytes.subarray(0, HEADER_BYTES), body])
  },
  untouched: (bytes) => bytes,
}

export const MUTATION_NAMES = Object.keys(MUTATIONS)

export function mutate(name: string, bytes: Buffer, chance: Chance, source: MutationSource): Buffer {
  return MUTATIONS[name]!(bytes, chance, source).subarray(0, PAYLOAD_BYTES_MAX)
}

/** Behind the header, mostly: there the codec has more to understand. */
function placeIn(bytes: Buffer, chance: Chance): number {
  const from = Math.min(bytes.length, chance.int(50) === 0 ? 0 : HEADER_BYTES)
  return from + chance.int(bytes.length - from + 1)
}

function splice(bytes: Buffer, at: number, drop: number, added: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, at), added, bytes.subarray(at + drop)])
}

function noise(length: number, chance: Chance): Buffer {
  const bytes = Buffer.allocUnsafe(length)
  for (let at = 0; at < length; at++) bytes[at] = chance.int(256)
  return bytes
}

function repeated(piece: Buffer, length: number): Buffer {
  return piece.length === 0 ? piece : Buffer.alloc(length, piece)
}

/** Zigzag, as Avro writes counts and sizes. */
function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value >= 0 ? value * 2 : -value * 2 - 1
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128)
  return Buffer.from([...bytes, rest])
}
