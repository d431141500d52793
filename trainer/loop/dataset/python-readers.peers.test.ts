import { execFile } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { hasPython, pythonWith } from '#schemas/testing'
import { madeFolder } from './testing/made-folder.ts'

const run = promisify(execFile)
/** The same environment as of the comparison with Great Expectations. */
const REQUIREMENTS = path.join(
  import.meta.dirname,
  '../../../feature-store/validation/peers/requirements.txt',
)

interface ReadTable {
  rows: number
  columns: string[]
  clicks: number | null
  first: string | null
  types: Record<string, string>
}

describe.skipIf(!(await hasPython()))('a data set that is made up, in Python', () => {
  it('is read by pandas and DuckDB, as Parquet and CSV alike', async () => {
    const data = await madeFolder({ impressions: 3_000 }, { formats: ['csv', 'parquet'] })
    try {
      const python = await pythonWith(readFileSync(REQUIREMENTS, 'utf8').trim().split('\n'))
      const script = path.join(import.meta.dirname, 'peers', 'read_tables.py')
      const { stdout } = await run(python, [script, data.path])
      const read = JSON.parse(stdout) as Record<string, Record<string, ReadTable>>
      for (const [reader, tables] of Object.entries(read)) {
        const rows = Object.fromEntries(Object.entries(tables).map(([table, { rows }]) => [table, rows]))
        expect({ reader, rows }).toEqual({ reader, rows: data.rows })
        expect(tables['impressions']).toMatchObject({
          clicks: data.truth.label.clicks,
          first: read['pandas parquet']!['impressions']!.first,
        })
        expect(tables['user_features']!.columns).toEqual([
          'user_id',
          'as_of',
          'views',
          'clicks',
          'likes',
          'click_rate',
          'history',
        ])
      }
      expect(Object.keys(read)).toEqual(['pandas parquet', 'pandas csv', 'duckdb parquet', 'duckdb csv'])
      expect(read['pandas parquet']!['impressions']!.types).toMatchObject({
        position: 'int64',
        dwell_seconds: 'float64',
        shown_at: 'datetime64[ms, UTC]',
      })
      expect(read['duckdb parquet']!['impressions']!.types).toMatchObject({
        position: 'BIGINT',
        shown_at: 'TIMESTAMP',
      })
    } finally {
      rmSync(path.dirname(data.path), { recursive: true })
    }
  })
})
