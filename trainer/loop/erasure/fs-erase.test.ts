import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet'
import { parquetWriteFile } from 'hyparquet-writer'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { eraseFromFiles } from './fs-erase.ts'

let folder: string
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'feedloop-erase-'))))
afterEach(() => rmSync(folder, { recursive: true }))

const write = (name: string, text: string) => writeFileSync(join(folder, name), text)
const read = (name: string) => readFileSync(join(folder, name), 'utf8')

function writeTable(): string {
  const filename = join(folder, 'day', 'test.parquet')
  mkdirSync(join(folder, 'day'))
  parquetWriteFile({
    filename,
    columnData: [
      { name: 'userId', data: ['u-1', 'u-12', 'u-1', 'u-3'], type: 'STRING' },
      { name: 'at', data: [1n, 2n, 3n, 4n], type: 'INT64' },
      { name: 'score', data: Float32Array.from([0.5, 0.25, 1, 2]), type: 'FLOAT' },
    ],
    rowGroupSize: 2,
    kvMetadata: [{ key: 'featureSetId', value: 'fs' }],
  })
  return filename
}

test('tables are written again without the rows of the entity, and everything else of them stays', async () => {
  const file = writeTable()
  write('a.csv', 'userId,title\nu-1,"one, two"\nu-12,three\n"u-1",four\n"say ""u-1""",five\n')
  write('b.jsonl', '{"userId":"u-1"}\n{"userId":"u-12"}\n')
  const places = await eraseFromFiles([folder], 'u-1')
  expect(places.map(({ done, found }) => `${done} ${found}`)).toEqual([
    'rewritten 2 rows',
    'rewritten 1 rows',
    'rewritten 2 rows',
  ])
  const buffer = await asyncBufferFromFile(file)
  expect(await parquetReadObjects({ file: buffer })).toEqual([
    { userId: 'u-12', at: 2n, score: 0.25 },
    { userId: 'u-3', at: 4n, score: 2 },
  ])
  const metadata = await parquetMetadataAsync(buffer)
  expect(metadata.key_value_metadata).toEqual([{ key: 'featureSetId', value: 'fs' }])
  expect(read('a.csv')).toBe('userId,title\nu-12,three\n"say ""u-1""",five\n')
  expect(read('b.jsonl')).toBe('{"userId":"u-12"}\n')
  expect((await eraseFromFiles([folder], 'u-1')).map(({ done }) => done)).toEqual(['nothing'])
})

test('what is no table and names it is told, and a file that must wait stays as it was', async () => {
  const file = writeTable()
  const before = readFileSync(file)
  write('page.html', '<td>u-1</td>')
  write('other.html', '<td>u-12</td>')
  const places = await eraseFromFiles([folder, join(folder, 'nowhere')], 'u-1', () =>
    Promise.resolve('MLflow is away'),
  )
  expect(places).toMatchObject([
    { place: file, done: 'left', why: 'MLflow is away' },
    { place: join(folder, 'page.html'), done: 'left' },
  ])
  expect(readFileSync(file).equals(before)).toBe(true)
  expect(readdirSync(join(folder, 'day'))).toEqual(['test.parquet'])
})
