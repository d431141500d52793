import avsc from 'avsc'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileBoundsWalk } from './bounds-walk.ts'
import { TOPIC_KEYS } from './catalogue.ts'
import { DecodeError } from './errors.ts'
import { readSchemaHistory } from './fs-schemas.ts'
import { arbitraryOf } from './testing/arbitrary-records.ts'
import { testCatalogue } from './testing/current-types.ts'
import type { SchemaJson } from './testing/evolution/avro-json.ts'
import { fullVersions, widerReaders } from './testing/evolution/evolve-schema.ts'
import { naiveResolution } from './testing/evolution/naive-resolution.ts'
import { createTopicReader } from './topic-reader.ts'
import { writeHeader } from './wire-format.ts'

/** Per writer schema. `VALUES=10000 npx vitest run --project unit schemas/resolution.test.ts` is the long form. */
const VALUES = Number(process.env['VALUES'] ?? '6')
const SEED = Number(process.env['SEED'] ?? '1')
const VERSIONS_MADE = 4
const WIDER_READERS = 2

const NOT_UTF8 = Symbol('bytes that are no string')

interface Version {
  id: number
  json: string
  type: avsc.Type
}

const version = (json: string, at: number): Version => ({
  id: at + 1,
  json,
  type: avsc.Type.forSchema(JSON.parse(json) as avsc.Schema, { omitRecordMethods: true }),
})

function readerOf({ id, type }: Version, writers: readonly Version[]) {
  const readerWalk = compileBoundsWalk(type, { reader: type })
  const reader = createTopicReader({ topic: 'topic', reader: type, readerId: id, readerWalk })
  for (const writer of writers) reader.addWriter(writer.id, writer.json)
  return reader
}

/** How one writer's values fare with one reader; both by our codec and by the letter of the specification. */
function pairOf(writer: Version, reader: Version) {
  const codec = readerOf(reader, [writer])
  const resolution = naiveResolution(
    JSON.parse(writer.json) as SchemaJson,
    JSON.parse(reader.json) as SchemaJson,
  )
  const expectedOf = (value: unknown) => {
    try {
      return resolution(value)
    } catch (error) {
      if (error instanceof TypeError) return NOT_UTF8
      throw error
    }
  }
  return {
    mustAgree(bytes: Buffer, value: unknown): void {
      const wanted = expectedOf(value)
      if (wanted === NOT_UTF8) {
        expect(() => codec.decode(bytes)).toThrow(/not UTF-8/)
        return
      }
      const decoded = codec.decode(bytes)
      if (!reader.type.toBuffer(decoded).equals(reader.type.toBuffer(wanted))) expect(decoded).toEqual(wanted)
    },
    mustRefuse(bytes: Buffer): void {
      expect(() => codec.decode(bytes)).toThrow(expect.toSatisfy(isMismatch))
    },
  }
}
const isMismatch = (error: unknown) => error instanceof DecodeError && error.code === 'schema_mismatch'

function bytesOf({ id, type }: Version, value: unknown): Buffer {
  const bytes = Buffer.concat([Buffer.alloc(5), type.toBuffer(value)])
  writeHeader(bytes, id)
  return bytes
}

/** Draws one value after the other: ten thousand predictions would not fit into memory. */
function* valuesOf({ type }: Version, count: number): Generator<unknown> {
  const arbitrary = arbitraryOf(type)
  for (let first = 0; first < count; first += 100)
    yield* fc.sample(arbitrary, { numRuns: Math.min(100, count - first), seed: SEED + first })
}

describe.each(TOPIC_KEYS)('%s', (topic) => {
  const history = readSchemaHistory(testCatalogue()[topic].slug).map(({ schemaJson }) => schemaJson)
  const full = fullVersions(history, VERSIONS_MADE, SEED).map(version)
  const wider = widerReaders(history.at(-1)!, WIDER_READERS, SEED).map((json, at) =>
    version(json, full.length + at),
  )

  it('every writer is read by every reader as the specification says', () => {
    expect(full).toHaveLength(history.length + VERSIONS_MADE)
    for (const writer of full) {
      const pairs = full.map((reader) => pairOf(writer, reader))
      for (const value of valuesOf(writer, VALUES)) {
        const bytes = bytesOf(writer, value)
        for (const pair of pairs) pair.mustAgree(bytes, value)
      }
    }
  })

  it('a reader of wider numbers and unions reads what is narrower, and is not read itself', () => {
    const writer = full[history.length - 1]!
    for (const reader of wider) {
      const there = pairOf(writer, reader)
      for (const value of valuesOf(writer, VALUES)) there.mustAgree(bytesOf(writer, value), value)
      if (widens(writer, reader))
        pairOf(reader, writer).mustRefuse(bytesOf(reader, [...valuesOf(reader, 1)][0]))
    }
  })
})

/** By avsc: whether the older reader has no way to read the wider records. */
function widens(writer: Version, reader: Version): boolean {
  try {
    writer.type.createResolver(reader.type)
    return false
  } catch {
    return true
  }
}
