import { BlobCorruptError } from '../errors.ts'
import { BLOB_KIND, readHeader, writeHeader } from '../state/blob.ts'
import { ByteReader, createByteWriter } from '../state/bytes.ts'
import type { AttributesLayout } from './attributes-layout.ts'
import { VERSIONS_MAX, type AttributesState, type AttributeValue } from './attributes-state.ts'

const ABSENT = 0
const TEXT = 1
const NUMBER = 2
const writer = createByteWriter()

/** The attributes as FORMAT.md lays them out. */
export function encodeAttributes(layout: AttributesLayout, state: AttributesState): Buffer {
  writeHeader(writer, BLOB_KIND.attributes, layout)
  writer.varint(state.applied)
  writer.varint(state.lastOffset + 1)
  writer.varint(state.firstAtMs)
  for (const value of state.firstValues) writeValue(value)
  writer.varint(state.versions.length)
  for (const { occurredAtMs, values } of state.versions) {
    writer.varint(occurredAtMs)
    for (const value of values) writeValue(value)
  }
  return writer.take()
}

/** Throws BlobCorruptError when the bytes are not of this layout or do not add up. */
export function decodeAttributes(layout: AttributesLayout, blob: Buffer): AttributesState {
  const reader = new ByteReader(blob)
  readHeader(reader, BLOB_KIND.attributes, layout)
  const state: AttributesState = {
    applied: reader.varint(),
    lastOffset: reader.varint() - 1,
    firstAtMs: reader.varint(),
    firstValues: layout.fixed.map(() => readValue(reader)),
    versions: [],
  }
  const count = reader.varint()
  if (count > VERSIONS_MAX) throw new BlobCorruptError(`${String(count)} attribute versions`)
  for (let i = 0; i < count; i++) {
    state.versions.push({ occurredAtMs: reader.varint(), values: layout.stored.map(() => readValue(reader)) })
  }
  reader.end()
  return state
}

function writeValue(value: AttributeValue): void {
  if (value === null) return writer.byte(ABSENT)
  if (typeof value === 'string') {
    writer.byte(TEXT)
    return writer.text(value)
  }
  writer.byte(NUMBER)
  writer.float64(value)
}

function readValue(reader: ByteReader): AttributeValue {
  const kind = reader.byte()
  switch (kind) {
    case ABSENT:
      return null
    case TEXT:
      return reader.text()
    case NUMBER:
      return reader.float64()
    default:
      throw new BlobCorruptError(`attribute value of kind ${String(kind)}`)
  }
}
