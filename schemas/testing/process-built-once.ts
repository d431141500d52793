import { existsSync } from 'node:fs'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const POLL_MS = 200

/**
 * Has a folder built by one process, once: others wait until it is complete. What a process that died left is built anew.
 *
 * @param contents what it is made of, for people who find it
 */
export async function builtOnce(folder: string, contents: string, build: () => Promise<void>): Promise<void> {
  const complete = path.join(folder, 'complete')
  const owner = `${folder}.owner`
  await mkdir(path.dirname(folder), { recursive: true })
  while (!existsSync(complete)) {
    if (!(await isTaken(owner))) {
      if (await isOwnerAlive(owner)) await sleep(POLL_MS)
      else await rm(owner, { force: true })
      continue
    }
    try {
      if (existsSync(complete)) return
      await rm(folder, { recursive: true, force: true })
      await build()
      await writeFile(complete, contents)
    } finally {
      await rm(owner, { force: true })
    }
  }
}

/** Whether it is ours to build. */
const isTaken = (owner: string): Promise<boolean> =>
  writeFile(owner, String(process.pid), { flag: 'wx' }).then(
    () => true,
    () => false,
  )

/** A file without a number was made this moment. */
async function isOwnerAlive(owner: string): Promise<boolean> {
  const pid = Number(await readFile(owner, 'utf8').catch(() => ''))
  if (pid === 0) return true
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
