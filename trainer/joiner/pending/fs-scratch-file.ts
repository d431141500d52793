import { randomUUID } from 'node:crypto'
import { mkdir, open, unlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { ScratchFile } from './scratch-file.ts'

const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG'])

/**
 * A file without a name: it is removed as soon as it is open, so that the system gives its room back however this process
 * ends, and two processes never meet in one folder.
 *
 * @param folder default: the system's, for temporary files
 * @throws the file system's error when there can be no file
 */
export async function openScratchFile(folder = tmpdir()): Promise<ScratchFile> {
  await mkdir(folder, { recursive: true })
  const name = path.join(folder, `feedloop-joiner-${String(process.pid)}-${randomUUID()}`)
  const handle = await open(name, 'wx+', 0o600)
  try {
    await unlink(name)
  } catch (error) {
    await handle.close()
    throw error
  }

  return {
    async write(position, bytes) {
      try {
        for (let from = 0; from < bytes.length;) {
          const { bytesWritten } = await handle.write(bytes, from, bytes.length - from, position + from)
          from += bytesWritten
        }
        return true
      } catch (error) {
        if (FULL.has((error as NodeJS.ErrnoException).code ?? '')) return false
        throw error
      }
    },
    async read(position, length) {
      const bytes = Buffer.allocUnsafeSlow(length)
      for (let from = 0; from < length;) {
        const { bytesRead } = await handle.read(bytes, from, length - from, position + from)
        if (bytesRead === 0) throw new RangeError('nothing was written there')
        from += bytesRead
      }
      return bytes
    },
    truncate: (length) => handle.truncate(length),
    close: () => handle.close(),
  }
}
