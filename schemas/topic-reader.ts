import avsc from 'avsc'
import type { Type } from 'avsc'
import { compileBoundsWalk } from './bounds-walk.ts'
import type { BoundsWalk } from './bounds-walk.ts'
import { DecodeError } from './errors.ts'
import { HEADER_BYTES, schemaIdOf } from './wire-format.ts'

type Resolver = ReturnType<Type['createResolver']>

/** A writer schema, ready to be read as the topic's record. The resolver is made once: making it costs 36 us. */
interface Writer {
  walk: BoundsWalk
  /** undefined: the writer schema is the reader's. */
  resolver: Resolver | undefined
}

/** More writer schemas than a topic ever sees; past it the one loaded first is forgotten and fetched again. */
const WRITERS_MAX = 1_000

/** The decoding half of one topic: knows the writer schemas that were loaded. */
export interface TopicReader {
  hasWriter(schemaId: number): boolean
  /** A schema that cannot be read here is remembered too: its records throw `schema_mismatch`. */
  addWriter(schemaId: number, schemaJson: string): void
  /** Throws DecodeError `undecodable`, `schema_mismatch`, or `schema_not_loaded` until `addWriter` was called. */
  decode(bytes: Buffer): unknown
}

export interface TopicReaderOptions {
  /** Physical topic name, for errors. */
  topic: string
  reader: Type
  /** Of the reader's own schema; null: not known, every writer's schema is loaded. */
  readerId: number | null
  readerWalk: BoundsWalk
}

export function createTopicReader({ topic, reader, readerId, readerWalk }: TopicReaderOptions): TopicReader {
  const own: Writer = { walk: readerWalk, resolver: undefined }
  const others = new Map<number, Writer | DecodeError>()

  return {
    hasWriter: (schemaId) => schemaId === readerId || others.has(schemaId),
    addWriter(schemaId, schemaJson) {
      if (schemaId === readerId) return
      const oldest = others.size >= WRITERS_MAX ? others.keys().next().value : undefined
      if (oldest !== undefined) others.delete(oldest)
      others.set(schemaId, openWriter(schemaId, schemaJson))
    },
    decode(bytes) {
      const schemaId = schemaIdOf(bytes)
      const writer = schemaId === readerId ? own : others.get(schemaId)
      if (writer === undefined) {
        throw new DecodeError('schema_not_loaded', `schema ${schemaId} was not loaded for ${topic}`)
      }
      if (writer instanceof DecodeError) throw writer
      return read(writer, bytes)
    },
  }

  function openWriter(schemaId: number, schemaJson: string): Writer | DecodeError {
    try {
      const type = avsc.Type.forSchema(JSON.parse(schemaJson))
      return { walk: compileBoundsWalk(type, { reader }), resolver: reader.createResolver(type) }
    } catch (cause) {
      const why = cause instanceof Error ? cause.message.slice(0, 300) : String(cause)
      const detail = `schema ${schemaId} is none of ${topic}: ${otherName(schemaJson, reader) ?? why}`
      return new DecodeError('schema_mismatch', detail, { cause })
    }
  }

  function read({ walk, resolver }: Writer, bytes: Buffer): unknown {
    try {
      walk(bytes, HEADER_BYTES)
      return reader.decode(bytes, HEADER_BYTES, resolver).value as unknown
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause)
      throw new DecodeError('undecodable', why, { cause })
    }
  }
}

/** Says which name was expected, when that is what differs: Avro goes by full names, whatever the fields are. */
function otherName(schemaJson: string, reader: Type): string | null {
  const expected = reader.name
  const found = fullNameOf(schemaJson)
  if (expected === undefined || found === null || found === expected) return null
  return `it describes ${found}, and ${expected} is expected: give the writer's record that name and namespace`
}

function fullNameOf(schemaJson: string): string | null {
  try {
    const { name, namespace } = JSON.parse(schemaJson) as { name?: unknown; namespace?: unknown }
    if (typeof name !== 'string') return null
    return name.includes('.') || typeof namespace !== 'string' || namespace === ''
      ? name
      : `${namespace}.${name}`
  } catch {
    return null // no JSON: the reader's own words say so
  }
}
