import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { OperatorError } from '#streams'
import type { ScratchFolder } from './scratch.ts'

const NAME = 'feedloop-window'

/**
 * A folder of this process under `parent` (left out: where the system has temporary files), made with the first thing that
 * is written. What killed processes of this machine left there is deleted first: it is made again from the examples topic.
 */
export function openScratchFolder(parent = tmpdir()): ScratchFolder {
  const prefix = `${NAME}-${hostname()}-`
  let folder: string | undefined
  let written = 0

  function make(): string {
    try {
      mkdirSync(parent, { recursive: true })
      removeLeft(parent, prefix)
      return mkdtempSync(join(parent, `${prefix}${String(process.pid)}-`))
    } catch (cause) {
      throw new OperatorError(
        'window_folder_unusable',
        `The folder ${parent} cannot be used for the window of examples: give another one in trainer.scratchFolder.`,
        { cause },
      )
    }
  }

  const pathOf = (name: string) => join(folder!, name)
  return {
    write(bytes) {
      folder ??= make()
      const name = String(written++)
      try {
        writeFileSync(pathOf(name), bytes)
      } catch (error) {
        // Half a file takes room, too.
        rmSync(pathOf(name), { force: true })
        throw error
      }
      return name
    },
    readNow: (name) => readFileSync(pathOf(name)),
    read: (name) => readFile(pathOf(name)),
    delete: (name) => rmSync(pathOf(name), { force: true }),
    close() {
      if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
      folder = undefined
    },
  }
}

function removeLeft(parent: string, prefix: string): void {
  for (const name of readdirSync(parent)) {
    if (!name.startsWith(prefix)) continue
    const pid = Number(name.slice(prefix.length).split('-')[0])
    if (Number.isInteger(pid) && pid > 0 && !isAlive(pid))
      rmSync(join(parent, name), { recursive: true, force: true })
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}
