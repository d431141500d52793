import assert from 'node:assert/strict'
import avsc from 'avsc'
import { RegistryRefusedError, SchemaIncompatibleError } from '../errors.ts'
import type { SchemaRegistry } from '../schema-registry.ts'

/** One thing a SchemaRegistry must do. `run` rejects when it does not. */
export interface ConformanceCase {
  name: string
  run(registry: SchemaRegistry, subject: string): Promise<void>
}

type Fields = { name: string; type: unknown; default?: unknown }[]
const schemaOf = (fields: Fields, doc = 'a thing') =>
  JSON.stringify({ type: 'record', name: 'Thing', namespace: 'conformance', doc, fields })
const id = { name: 'id', type: 'string' }
const note = { name: 'note', type: ['null', 'string'], default: null }
const count = { name: 'count', type: 'int', default: 0 }
const kind = (symbols: string[]) => ({
  name: 'kind',
  type: { type: 'enum', name: 'Kind', symbols, default: 'a' },
})
const sameSchema = (a: string, b: string) =>
  avsc.Type.forSchema(JSON.parse(a)).equals(avsc.Type.forSchema(JSON.parse(b)))

/** What every SchemaRegistry must do, ours in memory and the real ones. Give each case a subject of its own. */
export const schemaRegistryConformance: readonly ConformanceCase[] = [
  {
    name: 'gives the same id for the same schema again, and finds it',
    async run(registry, subject) {
      assert.equal(await registry.lookup(subject, schemaOf([id])), null)
      const first = await registry.register(subject, schemaOf([id]))
      assert.equal(await registry.register(subject, schemaOf([id])), first)
      assert.equal(await registry.lookup(subject, schemaOf([id])), first)
      assert.equal(await registry.lookup(subject, schemaOf([id, note])), null)
    },
  },
  {
    name: 'gives a schema by its id',
    async run(registry, subject) {
      const schemaId = await registry.register(subject, schemaOf([id, note]))
      const schemaJson = await registry.schemaById(schemaId)
      assert.ok(schemaJson !== null && sameSchema(schemaJson, schemaOf([id, note])))
    },
  },
  {
    name: 'knows no schema of an id that was never given',
    async run(registry) {
      assert.equal(await registry.schemaById(2_000_000_000), null)
      assert.equal(await registry.schemaById(0xffff_ffff), null)
      assert.equal(await registry.schemaById(0), null)
    },
  },
  {
    name: 'accepts added and removed fields with defaults, and added symbols of an enum with a default',
    async run(registry, subject) {
      const versions = [
        schemaOf([id, kind(['a', 'b'])]),
        schemaOf([id, kind(['a', 'b']), note]),
        schemaOf([id, kind(['a', 'b', 'c']), note, count]),
        schemaOf([id, kind(['a', 'b', 'c']), count], 'another doc'),
      ]
      const ids = new Set<number>()
      for (const version of versions) ids.add(await registry.register(subject, version))
      assert.equal(ids.size, versions.length)
    },
  },
  {
    name: 'refuses what old readers or new readers could not read, and says why',
    async run(registry, subject) {
      await registry.register(subject, schemaOf([id, note]))
      const refused = [
        schemaOf([id, note, { name: 'must', type: 'string' }]),
        schemaOf([note]),
        schemaOf([{ name: 'id', type: 'int' }, note]),
      ]
      for (const schemaJson of refused) {
        await assert.rejects(registry.register(subject, schemaJson), (error: unknown) => {
          assert.ok(error instanceof SchemaIncompatibleError, String(error))
          assert.ok(error.differences.length > 0 && error.message.includes(subject))
          return true
        })
        assert.equal(await registry.lookup(subject, schemaJson), null)
      }
    },
  },
  {
    name: 'compares with every version, not only the last',
    async run(registry, subject) {
      await registry.register(subject, schemaOf([id, { name: 'n', type: 'int', default: 0 }]))
      await registry.register(subject, schemaOf([id]))
      await assert.rejects(
        registry.register(subject, schemaOf([id, { name: 'n', type: 'string', default: '' }])),
        SchemaIncompatibleError,
      )
    },
  },
  {
    name: 'refuses what is no Avro schema',
    async run(registry, subject) {
      await assert.rejects(registry.register(subject, '{"type":"recor"}'), RegistryRefusedError)
    },
  },
  {
    name: 'gives one id to many who register the same at once',
    async run(registry, subject) {
      const all = Array.from({ length: 8 }, () => registry.register(subject, schemaOf([id])))
      assert.equal(new Set(await Promise.all(all)).size, 1)
      await assert.rejects(registry.register(subject, schemaOf([note])), SchemaIncompatibleError)
    },
  },
]
