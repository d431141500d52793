import { open, rm } from 'node:fs/promises'
import path from 'node:path'

const CHUNK = Buffer.alloc(1024 * 1024)

const fileIn = (folder: string) => path.join(folder, 'ballast')

/** Writes a file until nothing more fits on the disk of a folder. */
export async function fillDisk(folder: string): Promise<void> {
  const file = await open(fileIn(folder), 'w')
  try {
    for (let length = CHUNK.length; length > 0;) {
      try {
        const { bytesWritten } = await file.write(CHUNK, 0, length)
        if (bytesWritten < length) length = Math.floor(bytesWritten / 2)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
        length = Math.floor(length / 2)
      }
    }
  } finally {
    await file.close()
  }
}

export const makeRoom = (folder: string): Promise<void> => rm(fileIn(folder), { force: true })
