import { createHash } from 'node:crypto'
import avsc from 'avsc'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TOPIC_KEYS } from './catalogue.ts'
import { createCodec } from './codec.ts'
import { fullCompatibilityDifferences } from './evolution.ts'
import { readCurrentSchema, readSchemaFile, readSchemaHistory } from './fs-schemas.ts'
import { arbitraryOf } from './testing/arbitrary-records.ts'
import { testCatalogue } from './testing/current-types.ts'
import { createMemoryRegistry } from './memory-registry.ts'

const catalogue = testCatalogue()

describe.each(TOPIC_KEYS)('%s', (topic) => {
  const { slug, schemaFile, subject } = catalogue[topic]
  const history = readSchemaHistory(slug)

  it('has its current schema as the last version of its history', () => {
    expect(history.map(({ version }) => version)).toEqual(history.map((_, i) => i + 1))
    expect(
      history.at(-1)?.schemaJson,
      `copy ${schemaFile} to history/${slug}/${history.length + 1}.avsc`,
    ).toBe(readCurrentSchema(schemaFile))
  })

  it('has a history that nobody rewrote', () => {
    const checksums = JSON.parse(readSchemaFile('history/checksums.json')) as Record<string, string>
    for (const { version } of history) {
      const file = `${slug}/${version}.avsc`
      expect({
        [file]: createHash('sha256')
          .update(readSchemaFile(`history/${file}`))
          .digest('hex'),
      }).toEqual({
        [file]: checksums[file],
      })
    }
  })

  it('has versions that all read each other', () => {
    for (const one of history) {
      for (const other of history)
        expect(fullCompatibilityDifferences(one.schemaJson, other.schemaJson)).toEqual([])
    }
  })

  it('reads today what every version wrote', async () => {
    const registry = createMemoryRegistry()
    const ids = await Promise.all(history.map(({ schemaJson }) => registry.register(subject, schemaJson)))
    const codec = await createCodec(registry, catalogue)
    for (const [i, { schemaJson }] of history.entries()) {
      const writer = avsc.Type.forSchema(JSON.parse(schemaJson))
      for (const value of fc.sample(arbitraryOf(writer), { numRuns: 20, seed: i })) {
        const bytes = Buffer.concat([Buffer.of(0, 0, 0, 0, ids[i]!), writer.toBuffer(value)])
        await codec.load(topic, bytes)
        expect(codec.encode(topic, codec.decode(topic, bytes))).toBeInstanceOf(Buffer)
      }
    }
  })
})

describe('full compatibility', () => {
  const thing = (...fields: object[]) => JSON.stringify({ type: 'record', name: 'T', fields })
  const id = { name: 'id', type: 'string' }
  const letter = (...symbols: string[]) => ({
    name: 'e',
    type: { type: 'enum', name: 'E', symbols, default: 'a' },
  })

  it('lets fields with defaults, and enum symbols, come and go', () => {
    const note = { name: 'note', type: ['null', 'string'], default: null }
    expect(fullCompatibilityDifferences(thing(id), thing(id, note))).toEqual([])
    expect(fullCompatibilityDifferences(thing(id, note), thing(id))).toEqual([])
    expect(fullCompatibilityDifferences(thing(letter('a', 'b')), thing(letter('a', 'b', 'c')))).toEqual([])
  })

  it('says in which direction the rest breaks', () => {
    const must = { name: 'must', type: 'int' }
    expect(fullCompatibilityDifferences(thing(id), thing(id, must))).toEqual([
      expect.stringMatching(/^new reader.*must/),
    ])
    expect(fullCompatibilityDifferences(thing(id, must), thing(id))).toEqual([
      expect.stringMatching(/^old reader.*must/),
    ])
    const widened = [thing({ name: 'n', type: 'int' }), thing({ name: 'n', type: 'long' })] as const
    expect(fullCompatibilityDifferences(...widened)).toEqual([expect.stringMatching(/^old reader/)])
    const renamed = JSON.stringify({ type: 'record', name: 'U', fields: [id] })
    expect(fullCompatibilityDifferences(thing(id), renamed)).toHaveLength(2)
  })
})
