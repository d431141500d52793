import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { openParquet } from '#feature-store/files'
import { exportColumns } from './export-columns.ts'
import { openExportFolder } from './fs-export-folder.ts'
import { exportedFolder, newFolder } from './testing/exported-folder.ts'
import { exampleOf, featureSet, FIRST_MS, vectorOf } from './testing/sample-examples.ts'

const made: string[] = []
const kept = (folder: string) => {
  made.push(path.dirname(folder))
  return folder
}
afterEach(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true })
})
const range = (count: number) => Array.from({ length: count }, (_, n) => n)

describe('dataset export', () => {
  it('writes a row of every example under the day of its request, with the bytes that were served', async () => {
    const { path: folder, manifest } = await exportedFolder(range(20).map((n) => exampleOf(n)))
    kept(folder)
    expect(readdirSync(folder).sort()).toEqual([
      'day=2026-03-01',
      'day=2026-03-02',
      'day=2026-03-03',
      'manifest.json',
      'schema.json',
    ])
    expect(manifest.files.map(({ path, rows }) => [path, rows])).toEqual([
      ['day=2026-03-01/part-0000.parquet', 8],
      ['day=2026-03-02/part-0000.parquet', 8],
      ['day=2026-03-03/part-0000.parquet', 4],
    ])
    expect(JSON.parse(readFileSync(path.join(folder, 'manifest.json'), 'utf8'))).toEqual(
      JSON.parse(JSON.stringify(manifest)),
    )
    const file = await openParquet(path.join(folder, manifest.files[1]!.path))
    const rows = []
    for await (const { row } of file.cells()) rows.push(row)
    const [row] = rows
    expect(row).toMatchObject({
      example_id: 'p:r-8/item-3',
      occurred_at: new Date(FIRST_MS + 86_400_000),
      matured_at: new Date(FIRST_MS + 86_400_000 + 600_000),
      score: 0.25,
      shown_position: 8,
      label_click: 1,
      feature_flags: '00'.repeat(featureSet.width),
    })
    expect(Float32Array.from(featureSet.names, (name) => row![name] as number)).toEqual(vectorOf(8))
    expect(rows.at(-1)).toMatchObject({ label_click: null, label_like: 0, score: null, shown_position: null })
  })

  it('leaves out duplicates, tombstones, what lies outside, and what was made for other features', async () => {
    const examples = [
      ...range(4).map((n) => exampleOf(n)),
      exampleOf(2),
      null,
      exampleOf(5, { featureSetId: 'fs-old' }),
      exampleOf(6, { vector: Buffer.alloc(3) }),
      exampleOf(16),
    ]
    const toMs = Date.parse('2026-03-02')
    const { path: folder, manifest } = await exportedFolder(examples, { toMs })
    kept(folder)
    expect(manifest.counts).toEqual({
      ...{ rows: 4, read: 9, outside: 1, erased: 0, duplicates: 1, malformed: 1 },
      otherFeatureSets: { 'fs-old': 1 },
      offsets: [{ partition: 0, first: 0, last: 8 }],
    })
    expect(manifest).toMatchObject({ from: null, to: '2026-03-02T00:00:00.000Z' })
  })

  it('begins another part of a day that was closed, and never has more than three open', async () => {
    const days = [0, 8, 16, 24, 1, 2]
    const { path: folder, manifest } = await exportedFolder(days.map((n) => exampleOf(n)))
    kept(folder)
    expect(manifest.files.map(({ path, rows }) => [path, rows])).toEqual([
      ['day=2026-03-01/part-0000.parquet', 1],
      ['day=2026-03-01/part-0001.parquet', 2],
      ['day=2026-03-02/part-0000.parquet', 1],
      ['day=2026-03-03/part-0000.parquet', 1],
      ['day=2026-03-04/part-0000.parquet', 1],
    ])
  })

  it('has no whole file and no manifest before it ends, and begins again where one was killed', async () => {
    const folder = kept(newFolder())
    const { columns, rowOf } = exportColumns(featureSet, ['click'])
    const killed = openExportFolder(folder, 'csv', columns)
    for (const n of [0, 8, 16, 24]) killed.add(`2026-03-0${String(1 + n / 8)}`, rowOf(exampleOf(n))!)
    expect(readdirSync(path.join(folder, 'day=2026-03-01'))).toEqual(['part-0000.csv'])
    expect(readdirSync(path.join(folder, 'day=2026-03-02'))).toEqual(['part-0000.csv.unfinished'])
    expect(existsSync(path.join(folder, 'manifest.json'))).toBe(false)
    const { manifest } = await exportedFolder([exampleOf(0)], { folder })
    expect(readdirSync(folder).sort()).toEqual(['day=2026-03-01', 'manifest.json', 'schema.json'])
    expect(manifest.files).toHaveLength(1)
    await expect(exportedFolder([exampleOf(0)], { folder })).rejects.toThrow('holds an export already')
  })

  it('leaves alone a folder that holds something else', async () => {
    const folder = kept(newFolder())
    mkdirSync(folder)
    writeFileSync(path.join(folder, 'thesis.tex'), 'years of work')
    await expect(exportedFolder([exampleOf(0)], { folder })).rejects.toThrow('is not empty (thesis.tex)')
    expect(readdirSync(folder)).toEqual(['thesis.tex'])
  })

  it('keeps the names of features, whatever they are', () => {
    const columns = exportColumns({ id: 'fs', names: ['rank', '_rank', 'label_click'], width: 3 }, ['click'])
    expect(columns.rowColumns['rank']).toBe('__rank')
    expect(columns.labelColumns).toEqual({ click: '_label_click' })
    expect(new Set(columns.columns.map(({ name }) => name)).size).toBe(columns.columns.length)
  })
})
