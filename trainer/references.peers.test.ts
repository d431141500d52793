import { readdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { hasPython } from '#schemas/testing'
import { describe, expect, it } from 'vitest'
import { openPythonPeer, PEER_PACKAGES } from './testing/process-python-peer.ts'

const isThere = await hasPython()

const SCRIPT = '_reference.py'
/** Each script makes the JSON file of its name, beside it. */
const references = [
  'learners/reference',
  'calibration/reference',
  'drift/reference',
  'metrics/reference',
].flatMap((folder) =>
  readdirSync(path.join(import.meta.dirname, folder))
    .filter((file) => file.endsWith(SCRIPT))
    .map((file) => [folder, file.slice(0, -SCRIPT.length)] as const),
)

/** Numbers may differ in their last digits from one machine's libm to another's; who made them is no result. */
function expectSame(found: unknown, stored: unknown, where: string): void {
  if (typeof stored === 'number') {
    expect(found, where).toBeCloseTo(stored, 10)
  } else if (stored !== null && typeof stored === 'object') {
    expect(Object.keys(found as object), where).toEqual(Object.keys(stored))
    for (const [key, value] of Object.entries(stored)) {
      if (key !== 'madeWith') expectSame((found as Record<string, unknown>)[key], value, `${where}.${key}`)
    }
  } else {
    expect(found, where).toEqual(stored)
  }
}

describe.skipIf(!isThere)(
  `reference values made again (${isThere ? PEER_PACKAGES.join(', ') : 'skipped: no python3'})`,
  () => {
    it.each(references)('%s: %s', async (folder, name) => {
      const file = path.join(import.meta.dirname, folder, name)
      const made = await (await openPythonPeer()).run(`${file}${SCRIPT}`)
      expectSame(JSON.parse(made), JSON.parse(await readFile(`${file}.json`, 'utf8')), name)
    })
  },
)
