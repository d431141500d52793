import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { builtOnce } from './process-built-once.ts'

/** No process has it: beyond what Linux gives. */
const NOBODY = 2 ** 22 + 1

let home: string
beforeEach(async () => (home = await mkdtemp(path.join(tmpdir(), 'feedloop-built-'))))
afterEach(() => rm(home, { recursive: true, force: true }))

it('builds once for many that ask at the same time', async () => {
  const folder = path.join(home, 'tools')
  let built = 0
  const build = async () => {
    built += 1
    await mkdir(folder)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  await Promise.all([1, 2, 3].map(() => builtOnce(folder, 'x==1', build)))
  expect(built).toBe(1)
  expect(await readFile(path.join(folder, 'complete'), 'utf8')).toBe('x==1')
})

it('builds anew what a dead process left half, and after a build that failed', async () => {
  const folder = path.join(home, 'tools')
  await mkdir(folder)
  await writeFile(path.join(folder, 'half'), '')
  await writeFile(`${folder}.owner`, String(NOBODY))
  await expect(builtOnce(folder, '', () => Promise.reject(new Error('no network')))).rejects.toThrow(
    'network',
  )
  await builtOnce(folder, '', () => mkdir(folder).then(() => undefined))
  await expect(readFile(path.join(folder, 'half'))).rejects.toThrow('ENOENT')
})
