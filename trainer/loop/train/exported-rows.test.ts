import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import type { TableFormat } from '#feature-store/files'
import { exportedFolder } from '../dataset/export/testing/exported-folder.ts'
import { exampleOf, featureSet, FIRST_MS, vectorOf } from '../dataset/export/testing/sample-examples.ts'
import { readExportedRows } from './fs-exported-rows.ts'

const made: string[] = []
afterEach(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true })
})

async function exported(format: TableFormat = 'parquet'): Promise<string> {
  const one = exampleOf(3)
  // Two items of one request, out of their order.
  const second = { exampleId: 'p:r-3/other', itemId: 'other', rank: 0, labels: [{ name: 'click', value: 1 }] }
  const examples = [...[9, 2, 7, 0, 1].map((n) => exampleOf(n)), one, { ...one, ...second }]
  const { path: folder } = await exportedFolder(examples, { format })
  made.push(path.dirname(folder))
  return folder
}

describe('rows of an export', () => {
  it.each(['parquet', 'csv'] as const)(
    'are those that were served, in the order of their requests: %s',
    async (format) => {
      const { rows, played, notes } = await readExportedRows(await exported(format), featureSet, 'click')
      // The seventh has no label of its own: nobody could have told it.
      expect(notes![1]).toBe('1 rows without the label click are left out')
      expect(rows.count).toBe(6)
      expect([...rows.occurredAtMs]).toEqual([0, 1, 2, 3, 3, 9].map((n) => FIRST_MS + (n * 86_400_000) / 8))
      expect(rows.itemIds.slice(3, 5)).toEqual(['other', 'item-3'])
      expect([...rows.labels]).toEqual([1, 0, 0, 1, 0, 0])
      expect([...rows.maturedAtMs]).toEqual([...rows.occurredAtMs].map((ms) => ms + 600_000))
      expect(rows.vectors([2])).toEqual(vectorOf(2))
      expect([...rows.training([1]).flags!]).toEqual(Array.from({ length: featureSet.width }, () => 1))
      expect(played.counts.requests).toBe(5)
      expect([...played.rows.requests]).toEqual([0, 1, 2, 3, 3, 4])
    },
  )

  it('are refused for other features, another label, and where there is no export', async () => {
    const folder = await exported()
    const other = { ...featureSet, id: 'fs-other' }
    await expect(readExportedRows(folder, other, 'click')).rejects.toThrow('this configuration has fs-other')
    await expect(readExportedRows(folder, featureSet, 'buy')).rejects.toThrow(
      'no label buy, only click, like',
    )
    const empty = mkdtempSync(path.join(tmpdir(), 'feedloop-no-export-'))
    made.push(empty)
    await expect(readExportedRows(empty, featureSet, 'click')).rejects.toMatchObject({
      code: 'train_export_unfit',
    })
    writeFileSync(path.join(empty, 'manifest.json'), '{}')
    await expect(readExportedRows(empty, featureSet, 'click')).rejects.toThrow('of something else')
  })
})
