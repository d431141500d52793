import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { openParquet } from '#feature-store/files'
import { startFeedloop } from '#streams/testing'
import { describeServices } from '#streams/testing/services'
import { openOwnFeed } from '../../testing/own-feed.ts'
import type { ExportManifest } from './export-manifest.ts'
import { exampleOf } from './testing/sample-examples.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

const COUNT = 40

describeServices('dataset export', (addresses) => {
  it('writes what is in the topic, each once, and says what it wrote', async () => {
    const feed = await openOwnFeed(addresses, 'export')
    cleanups.push(() => feed.close())
    const outputs = await feed.runtime.outputs('test')
    const numbers = [...Array.from({ length: COUNT }, (_, n) => n), 13, 14]
    for (const value of numbers.map((n) => exampleOf(n)))
      outputs.add('examples', { key: value.userId, value })
    await outputs.flush()
    await outputs.close()
    const folder = mkdtempSync(path.join(tmpdir(), 'feedloop-export-'))
    cleanups.push(() => rmSync(folder, { recursive: true }))
    const run = async (out: string, ...flags: string[]) => {
      const argv = ['dataset', 'export', '--out', path.join(folder, out), ...flags]
      const started = startFeedloop(argv, addresses, { FEEDLOOP_PREFIX: feed.prefix })
      started.mayEnd()
      cleanups.push(() => started.kill())
      return started.ended
    }
    const [all, nothing] = await Promise.all([
      run('all', '--from', '2026-03-02', '--json'),
      run('nothing', '--to', '2020-01-01'),
    ])
    expect(all.exitCode, all.stderr).toBe(0)
    const manifest = JSON.parse(all.stdout) as ExportManifest
    expect(manifest.counts).toMatchObject({ rows: COUNT - 8, read: COUNT + 2, outside: 8, duplicates: 2 })
    // Partitions are read one after another here, so that days come again: in further parts.
    const byDay = new Map<string, number>()
    for (const { day, rows } of manifest.files) byDay.set(day, (byDay.get(day) ?? 0) + rows)
    const days = ['2026-03-02', '2026-03-03', '2026-03-04', '2026-03-05']
    expect([...byDay]).toEqual(days.map((day) => [day, 8]))
    const file = await openParquet(path.join(folder, 'all', manifest.files[0]!.path))
    expect(file.rowCount).toBe(manifest.files[0]!.rows)
    expect(nothing.exitCode).toBe(1)
    expect(nothing.stderr).toContain('Nothing to export: of 42 examples 42 lie outside of --from and --to.')
  })
})
