import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { columnsOf, readRows, type RowFormat } from './fs-rows.ts'

let folder: string
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'feedloop-rows-'))))
afterEach(() => rmSync(folder, { recursive: true }))

/** `a,b` and `1,2`, packed by zstd 1.5.4. */
const ZSTD = Buffer.from('KLUv/SQIQQAAYSxiCjEsMgo158rO', 'base64')

async function rowsOf(content: string | Buffer, format?: RowFormat, name = 'log.csv') {
  const path = join(folder, name)
  writeFileSync(path, content)
  const rows = []
  for await (const { row, place } of readRows(path, format)) rows.push([place.line, row])
  return rows
}

describe('rows of a file', () => {
  const expected = [[2, { a: '1', b: '2' }]]

  it.each([
    ['plain', 'a,b\n1,2\n'],
    ['without an end of line', 'a,b\n1,2'],
    ['a byte-order mark and CRLF', '\ufeffa,b\r\n1,2\r\n'],
    ['trailing blank lines', 'a,b\n1,2\n\n\n'],
    ['tabs', 'a\tb\n1\t2\n'],
    ['semicolons', 'a;b\n1;2\n'],
    ['blanks about the names', ' a , b\n1,2\n'],
    ['gzip', gzipSync('a,b\n1,2\n')],
    ['zstd', ZSTD],
  ])('reads %s', async (_, content) => expect(await rowsOf(content)).toEqual(expected))

  it('goes by what the bytes say, not by the name', async () => {
    expect(await rowsOf(gzipSync('a,b\n1,2\n'), undefined, 'log.csv.zst')).toEqual(expected)
  })

  it('reads quoted line breaks and delimiters, with the line on which a row ends', async () => {
    expect(await rowsOf('a,b\n"1\n1","2,""2"""\n3,4\n')).toEqual([
      [3, { a: '1\n1', b: '2,"2"' }],
      [4, { a: '3', b: '4' }],
    ])
  })

  it('takes quotation marks as letters where a format has none', async () => {
    const format = { delimiter: '\t', quotes: false, columns: ['id', 'title'] }
    expect(await rowsOf('N1\tAn "invented" title\n', format)).toEqual([
      [1, { id: 'N1', title: 'An "invented" title' }],
    ])
  })

  it.each<[string, string | Buffer, RowFormat | undefined, RegExp]>([
    ['an empty file', '', undefined, /log\.csv: is empty/],
    ['a column twice', 'a,b,a\n1,2,3\n', undefined, /line 1: the column a is there twice/],
    [
      'a column missing',
      'a,b\n1,2\n',
      { needs: ['c', ''] },
      /line 1: has no column c, "" \(a column without a name\) \(it has a, b\)/,
    ],
    ['a row that is too short', 'a,b\n1,2\n3\n', undefined, /log\.csv: line 3: Invalid Record Length/],
    ['a quote without an end', 'a,b\n"1,2\n', undefined, /log\.csv: line \d+: Quote Not Closed/],
    [
      'a gzip that is cut short',
      gzipSync('a,b\n1,2\n'.repeat(500)).subarray(0, 40),
      undefined,
      /log\.csv: .*/,
    ],
    ['a zip archive', Buffer.from('PK\x03\x04rest'), undefined, /is a zip archive; unzip it first/],
    ['UTF-16', Buffer.from('\ufeffa,b', 'utf16le'), undefined, /is UTF-16 text; convert it to UTF-8/],
    ['Parquet', Buffer.from('PAR1rest'), undefined, /is a Parquet file/],
  ])('refuses %s', async (_, content, format, message) => {
    await expect(rowsOf(content, format)).rejects.toThrow(message)
  })

  it('says that there is no such file, and that a file has no rows', async () => {
    await expect(columnsOf(join(folder, 'none.csv'))).rejects.toThrow(/none\.csv: there is no such file/)
    writeFileSync(join(folder, 'names.csv'), 'a,b\n')
    await expect(columnsOf(join(folder, 'names.csv'))).rejects.toThrow(/names\.csv: holds no rows/)
  })
})
