import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { hasPython, pythonWith } from '#schemas/testing'
import { openTableFile } from '../files/index.ts'
import { BROKEN_TABLES, BROKEN_SUITE } from './testing/broken-tables.ts'
import { openSuite } from './suite.ts'
import { validateTables } from './validate.ts'

const run = promisify(execFile)
const file = (name: string) => path.join(import.meta.dirname, 'peers', name)

interface PeerVerdict {
  success: boolean
  exception: string | null
  unexpected_count: number | null
  element_count: number | null
  missing_count: number | null
}

/** In pandas one word makes a column of numbers one of texts, which equal no number; here a cell is what it is. */
const TEXT_BESIDE_NUMBERS = 'words: expect_column_pair_values_to_be_equal'

describe.skipIf(!(await hasPython()))('suites beside Great Expectations', () => {
  it('get the same verdicts on ten broken files', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'feedloop-ge-'))
    try {
      const suite = path.join(folder, 'suite.json')
      writeFileSync(suite, JSON.stringify(BROKEN_SUITE))
      const files = BROKEN_TABLES.map(({ name, format, write }) => {
        const target = path.join(folder, `${name}.${format}`)
        write(target)
        return target
      })
      const python = await pythonWith(readFileSync(file('requirements.txt'), 'utf8').trim().split('\n'))
      const { stdout } = await run(python, [file('ge_verdicts.py'), suite, ...files], { maxBuffer: 1 << 26 })
      const peers = stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as PeerVerdict[])
      expect(peers).toHaveLength(BROKEN_TABLES.length)

      const { expectations } = openSuite(BROKEN_SUITE, 'suite')
      const [all, allOfPeer]: unknown[][] = [[], []]
      let failures = 0
      for (const [at, target] of files.entries()) {
        const tables = [await openTableFile(target)]
        const { verdicts } = await validateTables({
          suite: 'broken',
          expectations,
          tables,
          clockMs: Infinity,
        })
        const both = verdicts.map(({ expectation, success, exception, result }, n) => {
          const peer = peers[at]![n]!
          failures += success ? 0 : 1
          const what = `${BROKEN_TABLES[at]!.name}: ${expectation.type} ${JSON.stringify(expectation.kwargs)}`
          // Where a type does not fit a bound it gives up, and of distinct values it counts no rows: the verdict alone.
          const isCounted =
            peer.exception === null &&
            exception === null &&
            typeof peer.element_count === 'number' &&
            !what.startsWith(TEXT_BESIDE_NUMBERS)
          const counts = (of: Partial<PeerVerdict>) => ({
            unexpected: of.unexpected_count,
            elements: of.element_count,
            missing: peer.missing_count === null ? null : of.missing_count,
          })
          return {
            ours: { what, success, ...(isCounted ? counts(result as Partial<PeerVerdict>) : {}) },
            theirs: { what, success: peer.success, ...(isCounted ? counts(peer) : {}) },
          }
        })
        all!.push(...both.map(({ ours }) => ours))
        allOfPeer!.push(...both.map(({ theirs }) => theirs))
      }
      expect(all).toEqual(allOfPeer)
      expect(failures).toBeGreaterThan(BROKEN_TABLES.length)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
