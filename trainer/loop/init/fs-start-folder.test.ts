import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { DATA_SETS } from '../datasets/index.ts'
import { startFolder } from './fs-start-folder.ts'

it('leaves sample data that train reads, and never writes into a folder that holds something', async () => {
  const root = mkdtempSync(join(tmpdir(), 'feedloop-init-'))
  try {
    const folder = join(root, 'my-feed')
    const told = await startFolder(folder, (path) => join(path, 'feedloop.config.ts'))
    expect(told).toContain('npx feedloop train --data data')
    const { log } = await DATA_SETS['folder']!(join(folder, 'data'), {})
    expect(log.impressions).toBeGreaterThan(1_000)
    expect(readFileSync(join(folder, 'README.md'), 'utf8')).toContain('npx feedloop evaluate --run runs/ID')
    await expect(startFolder(folder, () => '')).rejects.toThrow('is not empty')
  } finally {
    rmSync(root, { recursive: true })
  }
})
