import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import type { ArchivePlace } from './archive-place.ts'

const UNFINISHED = '.unfinished'

/** What a killed writer left unfinished goes; for who is the one writer of a folder. */
export async function sweepArchiveFolder(folder: string): Promise<void> {
  for (const path of await filesIn(folder)) if (path.endsWith(UNFINISHED)) await rm(path, { force: true })
}

/** A local folder. What is unfinished is no object. */
export function openArchiveFolder(folder: string): ArchivePlace {
  return {
    where: folder,
    async put(name, bytes) {
      const path = join(folder, name)
      await mkdir(dirname(path), { recursive: true })
      const file = await open(`${path}${UNFINISHED}`, 'w')
      try {
        await file.writeFile(bytes)
        await file.sync()
      } finally {
        await file.close()
      }
      await rename(`${path}${UNFINISHED}`, path)
      await syncFolder(dirname(path))
    },
    async list(prefix) {
      const found: { name: string; bytes: number }[] = []
      for (const path of await filesIn(folder)) {
        const name = relative(folder, path).split(sep).join('/')
        if (!name.startsWith(prefix) || name.endsWith(UNFINISHED)) continue
        // Another process may have removed it since.
        const { size } = await stat(path).catch(() => ({ size: -1 }))
        if (size >= 0) found.push({ name, bytes: size })
      }
      return found
    },
    async get(name) {
      return readFile(join(folder, name)).catch(orNull)
    },
    remove: (name) => rm(join(folder, name), { force: true }),
  }
}

/** The name of a file is as safe as the file only once its folder is written. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(orNull)
  return (entries ?? []).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
}

function orNull(error: unknown): null {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
  throw error
}
