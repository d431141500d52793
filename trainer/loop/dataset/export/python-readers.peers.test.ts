import { execFile } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { hasPython, pythonWith } from '#schemas/testing'
import { exportedFolder } from './testing/exported-folder.ts'
import { exampleOf, vectorOf } from './testing/sample-examples.ts'

const run = promisify(execFile)
/** The same environment as of the other data sets. */
const REQUIREMENTS = path.join(
  import.meta.dirname,
  '../../../../feature-store/validation/peers/requirements.txt',
)
const COUNT = 20

describe.skipIf(!(await hasPython()))('an export of examples, in Python', () => {
  it.each(['parquet', 'csv'] as const)('is read by pandas and DuckDB from %s', async (format) => {
    const examples = Array.from({ length: COUNT }, (_, n) => exampleOf(n))
    const { path: folder } = await exportedFolder(examples, { format })
    try {
      const python = await pythonWith(readFileSync(REQUIREMENTS, 'utf8').trim().split('\n'))
      const { stdout } = await run(python, [
        path.join(import.meta.dirname, 'peers', 'read_export.py'),
        folder,
      ])
      const read = JSON.parse(stdout) as Record<'pandas' | 'duckdb', Record<string, unknown>>
      const checksum = examples.reduce(
        (sum, _, n) => sum + vectorOf(n).reduce((one, value) => one + value, 0),
        0,
      )
      for (const reader of [read.pandas, read.duckdb]) {
        expect(reader).toMatchObject({
          rows: COUNT,
          days: ['2026-03-01', '2026-03-02', '2026-03-03'],
          clicks: 5,
          unknown: 2,
          first: '2026-03-01 00:00:00+00:00',
          user: 'u-0, "the 0th"',
        })
        expect(reader['checksum']).toBeCloseTo(checksum, 3)
      }
      if (format === 'parquet')
        for (const reader of [read.pandas, read.duckdb])
          expect(Object.values(reader['types'] as object)[0]).toBe('float32')
    } finally {
      rmSync(path.dirname(folder), { recursive: true })
    }
  })
})
