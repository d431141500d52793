import type { Type } from 'avsc'
import { BoundsError } from './byte-cursor.ts'
import type { BoundsWalk } from './bounds-walk.ts'
import { EncodeError } from './errors.ts'
import { HEADER_BYTES, writeHeader } from './wire-format.ts'

export interface AvroEncoderOptions {
  /** Physical topic name, for errors. */
  topic: string
  schemaId: number
  type: Type
  /** Of the same type: what a reader would refuse is not written. */
  walk: BoundsWalk
  valueBytesMax: number
}

export type AvroEncoder = (record: unknown) => Buffer

/** Records up to this size are encoded in place and copied out once; larger ones get memory of their own. */
const SCRATCH_BYTES = 256 * 1024

/** Encodes records of one schema behind the wire header. Throws EncodeError naming the field. */
export function createAvroEncoder(options: AvroEncoderOptions): AvroEncoder {
  const { topic, schemaId, type, walk, valueBytesMax } = options
  let scratch: Buffer | null = null

  return function encode(record) {
    scratch ??= Buffer.allocUnsafe(SCRATCH_BYTES)
    const bytes = write(record, scratch)
    writeHeader(bytes, schemaId)
    try {
      walk(bytes, HEADER_BYTES)
    } catch (error) {
      if (!(error instanceof BoundsError)) throw error
      throw new EncodeError(topic, error.path.join('.'), error.reason, { cause: error })
    }
    return bytes
  }

  function write(record: unknown, target: Buffer): Buffer {
    try {
      const end = type.encode(record, target, HEADER_BYTES)
      const length = end >= 0 ? end : target.length - end
      if (length > valueBytesMax)
        throw new EncodeError(topic, '', `${length} bytes, at most ${valueBytesMax}`)
      if (end >= 0) return Buffer.from(target.subarray(0, end))
      const larger = Buffer.allocUnsafe(length)
      type.encode(record, larger, HEADER_BYTES)
      return larger
    } catch (error) {
      if (error instanceof EncodeError) throw error
      throw misfit(record, error)
    }
  }

  function misfit(record: unknown, cause: unknown): EncodeError {
    let first: { path: string; reason: string } | undefined
    type.isValid(record, {
      errorHook: (path, value: unknown, expected) => {
        first ??= {
          path: path.join('.'),
          reason: `${shown(value)} is no ${expected.branchName ?? unionNames(expected)}`,
        }
      },
    })
    const reason = first?.reason ?? (cause instanceof Error ? cause.message : String(cause))
    return new EncodeError(topic, first?.path ?? '', reason, { cause })
  }
}

function unionNames(type: Type): string {
  const { types = [] } = type as { types?: readonly Type[] }
  return types.map((branch) => branch.branchName).join(' or ')
}

function shown(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  if (typeof value === 'object')
    return Array.isArray(value) ? 'an array' : `a ${value.constructor?.name ?? 'object'}`
  return `${typeof value} ${JSON.stringify(String(value).slice(0, 60))}`
}
