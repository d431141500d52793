import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { silentLogger } from '#streams'
import { trainerConfigSchema } from '../../config.ts'
import { openScratch } from '../fs-scratch.ts'
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

  it('is done without where it cannot be, and the log says what to do', async () => {
    const file = path.join(await makeFolder(), 'file')
    await writeFile(file, '')
    const lines: string[] = []
    const log = {
      ...silentLogger,
      warn: (fields: object, event: string) => void lines.push(`${event} ${JSON.stringify(fields)}`),
    }
    const config = trainerConfigSchema.parse({ scratchFolder: path.join(file, 'below') })
    expect(await openScratch(config, log)).toBeUndefined()
    expect(lines.join()).toMatch(
      /^scratch_folder_not_usable .*ENOTDIR.*Set trainer.scratchFolder to a folder/,
    )
    const memoryAlone = trainerConfigSchema.parse({ limits: { pendingDiskBytesMax: 0 } })
    expect(await openScratch(memoryAlone, log)).toBeUndefined()
    expect(lines).toHaveLength(1)
  })
})
