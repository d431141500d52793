import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { scratchConformance } from '../testing/scratch-conformance.ts'
import { openScratchFile } from './fs-scratch-file.ts'
import { createMemoryScratchFile } from './memory-scratch-file.ts'

const folders: string[] = []
async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'feedloop-scratch-'))
  folders.push(folder)
  return folder
}
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true })
})

describe('a scratch file in memory', () => {
  scratchConformance(() => Promise.resolve(createMemoryScratchFile()))

  it('is full at its size', async () => {
    const file = createMemoryScratchFile(4)
    expect(await file.write(0, Buffer.from('abcd'))).toBe(true)
    expect(await file.write(1, Buffer.from('abcd'))).toBe(false)
  })
})

describe('a scratch file on disk', () => {
  scratchConformance(async () => openScratchFile(await makeFolder()))

  it('leaves nothing in its folder, which it makes, not even while it is open', async () => {
    const folder = path.join(await makeFolder(), 'not', 'yet')
    const file = await openScratchFile(folder)
    await file.write(0, Buffer.from('abc'))
    expect(await readdir(folder)).toEqual([])
    await file.close()
  })

  it('cannot be where a file is', async () => {
    const folder = await makeFolder()
    const file = path.join(folder, 'file')
    await (await import('node:fs/promises')).writeFile(file, '')
    await expect(openScratchFile(path.join(file, 'below'))).rejects.toThrow('ENOTDIR')
    expect((await stat(file)).size).toBe(0)
  })
})
