import { spawn } from 'node:child_process'
import path from 'node:path'
import avsc from 'avsc'
import * as fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { compileBoundsWalk } from './bounds-walk.ts'
import { TOPIC_KEYS } from './catalogue.ts'
import { DecodeError } from './errors.ts'
import { readSchemaHistory } from './fs-schemas.ts'
import { arbitraryOf } from './testing/arbitrary-records.ts'
import { testCatalogue } from './testing/current-types.ts'
import { fullVersions } from './testing/evolution/evolve-schema.ts'
import { hasPython, pythonWith } from './testing/process-python.ts'
import { createTopicReader } from './topic-reader.ts'
import type { TopicReader } from './topic-reader.ts'

/** Per writer schema. */
const VALUES = Number(process.env['VALUES'] ?? '50')
const SEED = 1
const VERSIONS_MADE = 4

const PACKAGES = ['fastavro==1.13.1']
const isThere = await hasPython()
let python: string

/** Answers of fastavro, one per line asked. */
async function askFastavro(lines: readonly object[]): Promise<(string | null)[][]> {
  const child = spawn(python, [path.join(import.meta.dirname, 'reference', 'resolution_reference.py')])
  let [answers, complaint] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => (answers += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text))
  const ended = new Promise((resolve) => child.once('close', resolve))
  // A dead process says why on its stderr.
  child.stdin.on('error', () => undefined)
  child.stdin.end(lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
  if ((await ended) !== 0) throw new Error(complaint)
  return answers
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as (string | null)[])
}

/** The value as our reader sees it, written by the reader's schema; null: refused for its text. */
function hexRead(ours: TopicReader, reader: avsc.Type, bytes: Buffer): string | null {
  try {
    return reader.toBuffer(ours.decode(bytes)).toString('hex')
  } catch (error) {
    if (error instanceof DecodeError && error.message.includes('not UTF-8')) return null
    throw error
  }
}

describe.skipIf(!isThere)(`resolution by ${isThere ? PACKAGES.join() : 'skipped: no python3'}`, () => {
  beforeAll(async () => {
    python = await pythonWith(PACKAGES)
  })

  it.each(TOPIC_KEYS)('%s: every reader reads every writer as fastavro does', async (topic) => {
    const history = readSchemaHistory(testCatalogue()[topic].slug).map(({ schemaJson }) => schemaJson)
    const versions = fullVersions(history, VERSIONS_MADE, SEED)
    const types = versions.map((json) =>
      avsc.Type.forSchema(JSON.parse(json) as avsc.Schema, { omitRecordMethods: true }),
    )
    const asked: { writer: string; reader: string; hex: string[] }[] = []
    const found: (string | null)[][] = []
    for (const [w, writer] of types.entries()) {
      const bodies = fc
        .sample(arbitraryOf(writer), { numRuns: VALUES, seed: SEED + w })
        .map((value) => writer.toBuffer(value))
      for (const [r, reader] of types.entries()) {
        const readerWalk = compileBoundsWalk(reader, { reader })
        const ours = createTopicReader({ topic, reader, readerId: r, readerWalk })
        ours.addWriter(w, versions[w]!)
        asked.push({
          writer: versions[w]!,
          reader: versions[r]!,
          hex: bodies.map((body) => body.toString('hex')),
        })
        found.push(
          bodies.map((body) => hexRead(ours, reader, Buffer.concat([Buffer.of(0, 0, 0, 0, w), body]))),
        )
      }
    }
    expect(asked).toHaveLength(versions.length ** 2)
    expect(found).toEqual(await askFastavro(asked))
  })
})
