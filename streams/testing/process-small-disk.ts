import { execFile } from 'node:child_process'
import { mkdtemp, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { openLeash } from './process-leash.ts'

const run = promisify(execFile)
const ATTEMPTS = 20

/** A file system of a few MiB that fills up. */
export interface SmallDisk {
  readonly folder: string
  /** Room for more; what is there stays. */
  enlarge(mib: number): Promise<void>
  /** Leaves so much room, whatever is written meanwhile. */
  tighten(spareKib: number): Promise<void>
  close(): Promise<void>
}

/** Why there can be none here; null when there can. */
export async function smallDiskUnavailable(): Promise<string | null> {
  if (process.platform !== 'linux') return 'a tmpfs of a given size is a thing of Linux'
  if (process.getuid?.() !== 0) return 'mounting a tmpfs needs root'
  try {
    await (await openSmallDisk(1)).close()
    return null
  } catch (error) {
    return error instanceof Error ? error.message.trim() : String(error)
  }
}

export async function openSmallDisk(mib: number): Promise<SmallDisk> {
  const folder = await mkdtemp(path.join(tmpdir(), 'feedloop-small-disk-'))
  const leash = openLeash()
  leash.folder(folder)
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${mib}m`, 'tmpfs', folder])
    // Lazy: a process that still holds a file must not keep it mounted for ever.
    leash.command('umount', '--lazy', folder)
  } catch (error) {
    await leash.pull()
    throw error
  }
  const resize = async (size: string) => void (await run('mount', ['-o', `remount,size=${size}`, folder]))
  return {
    folder,
    enlarge: (larger) => resize(`${larger}m`),
    async tighten(spareKib) {
      for (let attempt = 1; ; attempt++) {
        const { blocks, bfree, bsize } = await statfs(folder)
        try {
          return await resize(`${((blocks - bfree) * bsize) / 1024 + spareKib}k`)
        } catch (error) {
          // Refused when more than that is there by now.
          if (attempt === ATTEMPTS) throw error
        }
      }
    },
    close: () => leash.pull(),
  }
}
