import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openScratchFolder } from './fs-scratch-folder.ts'

let parent: string
beforeEach(() => void (parent = mkdtempSync(join(tmpdir(), 'feedloop-scratch-test-'))))
afterEach(() => rmSync(parent, { recursive: true }))

it('keeps what is written until it is deleted or closed, and is not there before', async () => {
  const scratch = openScratchFolder(parent)
  expect(readdirSync(parent)).toEqual([])
  const [one, two] = [scratch.write(Uint8Array.of(1, 2)), scratch.write(Uint8Array.of(3))]
  expect([...scratch.readNow(one)]).toEqual([1, 2])
  expect([...(await scratch.read(two))]).toEqual([3])
  scratch.delete(one)
  expect(() => scratch.readNow(one)).toThrow('ENOENT')
  scratch.close()
  expect(readdirSync(parent)).toEqual([])
})

it('removes what a killed process of this machine left, and nothing else', () => {
  // No process has this number: it is above the largest that Linux gives.
  const left = `feedloop-window-${hostname()}-4194305-abc`
  const others = [
    `feedloop-window-${hostname()}-${String(process.pid)}-xyz`,
    'feedloop-window-elsewhere-4194305-abc',
  ]
  for (const name of [left, ...others]) mkdirSync(join(parent, name))
  const scratch = openScratchFolder(parent)
  scratch.write(Uint8Array.of(1))
  const names = readdirSync(parent)
  expect(names).toEqual(expect.arrayContaining(others))
  expect(names).not.toContain(left)
  expect(names).toHaveLength(3)
  scratch.close()
})

it('says what to do when there can be no folder', () => {
  const file = join(parent, 'file')
  writeFileSync(file, '')
  expect(() => openScratchFolder(file).write(Uint8Array.of(1))).toThrow(
    /give another one in trainer\.scratchFolder/,
  )
})
