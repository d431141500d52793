import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { ByteWriter, parquetWrite } from 'hyparquet-writer'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findTables, openTableFile, openTableWriter } from '../files/index.ts'
import { openSuite } from './suite.ts'
import { validateTables } from './validate.ts'

let folder: string
const file = (name: string) => path.join(folder, name)

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'feedloop-validation-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

function write(name: string, rows: number): string {
  const writer = openTableWriter(file(name), name.endsWith('csv') ? 'csv' : 'parquet', [
    { name: 'id', type: 'text' },
    { name: 'count', type: 'integer' },
    { name: 'seen_at', type: 'timestamp' },
  ])
  for (let n = 0; n < rows; n++) writer.add([`i${String(n)}`, n, new Date(Date.UTC(2026, 0, 1) + n * 1_000)])
  writer.close()
  return file(name)
}

async function judged(target: string, expectations: unknown[], clockMs = Date.UTC(2026, 5, 1)) {
  const opened = openSuite({ name: 's', expectations }, 's.json')
  const tables = [await openTableFile(target)]
  return (await validateTables({ suite: 's', expectations: opened.expectations, tables, clockMs })).verdicts
}

describe('files that cannot be judged', () => {
  it('are told with what to do: nothing there, an empty folder, an empty file', async () => {
    expect(() => findTables(file('none'))).toThrow(/none: there is no such file or folder/)
    mkdirSync(file('empty'))
    expect(() => findTables(file('empty'))).toThrow(
      /empty: holds no .csv, .tsv or .parquet file; `npx feedloop dataset synthesize/,
    )
    writeFileSync(file('a.csv'), '')
    await expect(openTableFile(file('a.csv'))).rejects.toThrow(/a.csv: is empty/)
  })

  it('a Parquet file that is cut in half', async () => {
    const whole = readFileSync(write('a.parquet', 1_000))
    writeFileSync(file('a.parquet'), whole.subarray(0, whole.length / 2))
    await expect(openTableFile(file('a.parquet'))).rejects.toThrow(
      /a.parquet: is cut short.*copy or write the file again/,
    )
  })

  it('a Parquet file whose middle is broken: from which row on', async () => {
    const whole = readFileSync(write('a.parquet', 60_000))
    const middle = Math.floor(whole.length / 2)
    whole.fill(0xff, middle, middle + 20_000)
    writeFileSync(file('a.parquet'), whole)
    await expect(
      judged(file('a.parquet'), [{ type: 'expect_column_values_to_not_be_null', kwargs: { column: 'id' } }]),
    ).rejects.toThrow(/a.parquet: rows from \d+ on cannot be read/)
  })

  it('a Parquet file of columns inside of columns', async () => {
    const writer = new ByteWriter()
    void parquetWrite({
      writer,
      columnData: [{ name: 'tags', data: [['a', 'b'], ['c']] }],
      schema: [
        { name: 'root', num_children: 1 },
        { name: 'tags', repetition_type: 'OPTIONAL', num_children: 1, converted_type: 'LIST' },
        { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
        { name: 'element', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
      ],
    })
    writeFileSync(file('a.parquet'), writer.getBytes())
    await expect(openTableFile(file('a.parquet'))).rejects.toThrow(
      /column tags has columns inside .*write it flat/,
    )
  })

  it('a line of CSV with too few cells', async () => {
    writeFileSync(file('a.csv'), 'id,count\ni1,1\ni2\n')
    await expect(
      judged(file('a.csv'), [{ type: 'expect_column_values_to_not_be_null', kwargs: { column: 'id' } }]),
    ).rejects.toThrow(/a.csv: line 3/)
  })
})

it('reads times in nanoseconds, and says that they are cut', async () => {
  const writer = new ByteWriter()
  const at = BigInt(Date.UTC(2026, 0, 1)) * 1_000_000n
  void parquetWrite({
    writer,
    columnData: [{ name: 'seen_at', data: [at, at + 5_000_000n] }],
    schema: [
      { name: 'root', num_children: 1 },
      {
        ...{ name: 'seen_at', type: 'INT64', repetition_type: 'OPTIONAL' },
        logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'NANOS' },
      },
    ],
  })
  writeFileSync(file('a.parquet'), writer.getBytes())
  const table = await openTableFile(file('a.parquet'))
  expect(table.notes).toEqual([expect.stringMatching(/seen_at is in nanoseconds: cut to milliseconds/)])
  const kwargs = { column: 'seen_at', min_value: '2026-01-01T00:00:00.005Z' }
  const [verdict] = await judged(file('a.parquet'), [{ type: 'expect_column_values_to_be_between', kwargs }])
  expect(verdict!.result).toMatchObject({ unexpected_count: 1, partial_unexpected_lines: [1] })
})

it('reads a table once where it is there in two formats, and says which', () => {
  write('a.csv', 3)
  write('a.parquet', 3)
  expect(findTables(folder)).toEqual({
    paths: [file('a.parquet')],
    notes: ['a is there as a.csv and a.parquet: a.parquet is read'],
  })
})

describe('suites that cannot be used', () => {
  it.each([
    [{}, /s.json: name: .*a suite is \{ "name"/],
    [
      { name: 's', expectations: [{ type: 'expect_column_values_to_be_uniqe' }] },
      /expectations\[0\]: there is no .*did you mean expect_column_values_to_be_unique\?/,
    ],
    [{ name: 's', expectations: [{ type: 'expect_column_values_to_be_lovely' }] }, /validate --list/],
    [
      { name: 's', expectations: [{ type: 'expect_column_values_to_be_unique', kwargs: { colum: 'a' } }] },
      /column: /,
    ],
    [
      {
        name: 's',
        expectations: [{ type: 'expect_column_values_to_match_regex', kwargs: { column: 'a', regex: '(' } }],
      },
      /regex: \( is no regular expression/,
    ],
    [
      {
        name: 's',
        expectations: [
          { type: 'expect_column_values_to_be_unique', kwargs: { column: 'a', row_condition: 'b > 1' } },
        ],
      },
      /rows are not selected here/,
    ],
  ])('%j', (suite, message) => {
    expect(() => openSuite(suite, 's.json')).toThrow(message)
  })
})

it('tells columns, tables and references that are not there as verdicts', async () => {
  write('a.csv', 30)
  const verdicts = await judged(file('a.csv'), [
    { type: 'expect_column_values_to_be_unique', kwargs: { column: 'nothing' } },
    {
      type: 'feedloop_expect_column_values_to_exist_in',
      kwargs: { column: 'id', other_table: 'items', other_column: 'id' },
    },
  ])
  expect(verdicts.map(({ success, exception }) => ({ success, exception }))).toEqual([
    { success: false, exception: 'there is no column nothing (there are id, count, seen_at)' },
    {
      success: false,
      exception: 'it refers to items.id, and that table is not here: validate the folder',
    },
  ])
})

it('finds times in the future by the clock that it is given', async () => {
  write('a.csv', 1_000)
  const expectation = {
    type: 'feedloop_expect_column_values_to_not_be_in_future',
    kwargs: { column: 'seen_at', ahead_seconds_max: 100 },
  }
  const [verdict] = await judged(file('a.csv'), [expectation], Date.UTC(2026, 0, 1) + 800_000)
  expect(verdict).toMatchObject({ success: false, result: { unexpected_count: 99 } })
})
