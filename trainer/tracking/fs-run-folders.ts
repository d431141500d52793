import { mkdir, open, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { RunInvalidError } from './errors.ts'
import { parseRun, trackedRunSchema } from './run.ts'
import type { ListedRun, RunFolders } from './run-folders.ts'

const RUN = 'run.json'
const SENT = 'sent.json'
const REFUSED = 'refused.json'
const LOCK = '.sending'
/** Begins the names of folders that are being written. */
const PARTIAL = '.writing-'
/** The lock is touched while it is held; one that was not touched for so long belongs to a process that died. */
const LOCK_STALE_MS = 60_000

/** @param folder need not be there */
export function openRunFolders(folder: string): RunFolders {
  const at = (...steps: string[]) => path.join(folder, ...steps)
  let written = 0

  return {
    async list() {
      const names = await entriesOf(folder)
      const found = await Promise.all(
        names
          .filter((name) => !name.startsWith('.') && !name.endsWith('.part'))
          .map((name) => listed(at(name), name)),
      )
      return found
        .filter((run) => run !== undefined)
        .sort((one, other) => one.writtenAtMs - other.writtenAtMs || (one.name < other.name ? -1 : 1))
    },
    async read(name) {
      const place = at(name)
      return { run: parseRun((await bytesOf(place, RUN)).toString(), place), place }
    },
    async file(name, file, bytesMax) {
      const size = await stat(at(name, file)).then(
        (found) => found.size,
        () => 0,
      )
      return size > bytesMax ? undefined : bytesOf(at(name), file)
    },
    async add(run, files) {
      const checked = trackedRunSchema.parse(run)
      const partial = at(`${PARTIAL}${checked.runId}-${String(process.pid)}-${String(++written)}`)
      await mkdir(partial, { recursive: true })
      try {
        for (const [file, bytes] of files) {
          await mkdir(path.dirname(path.join(partial, file)), { recursive: true })
          await writeFile(path.join(partial, file), bytes)
        }
        await writeFile(path.join(partial, RUN), `${JSON.stringify(checked, null, 2)}\n`)
        await rename(partial, at(checked.runId))
      } finally {
        await rm(partial, { recursive: true, force: true })
      }
    },
    async markSent(name, note) {
      await writeFile(at(name, SENT), `${JSON.stringify(note, null, 2)}\n`)
      await rm(at(name, REFUSED), { force: true })
    },
    markRefused: (name, reason) => writeFile(at(name, REFUSED), `${JSON.stringify({ reason }, null, 2)}\n`),
    remove: (name) => rm(at(name), { recursive: true, force: true }),
    exclusively: (work) => exclusively(folder, work),
  }
}

/** @throws RunInvalidError */
async function bytesOf(place: string, file: string): Promise<Buffer> {
  try {
    return await readFile(path.join(place, file))
  } catch (cause) {
    throw new RunInvalidError(place, `its file ${file} cannot be read (${codeOf(cause)})`, { cause })
  }
}

/** undefined: no run */
async function listed(place: string, name: string): Promise<ListedRun | undefined> {
  const files = await readdir(place, { recursive: true }).catch((): string[] => [])
  if (!files.includes(RUN)) return undefined
  const sizes = await Promise.all(files.map((file) => stat(path.join(place, file)).catch(() => undefined)))
  const bytes = sizes.reduce((sum, found) => sum + (found?.isFile() === true ? found.size : 0), 0)
  const one = { name, place, bytes, writtenAtMs: sizes[files.indexOf(RUN)]?.mtimeMs ?? 0 }
  if (files.includes(SENT)) return { ...one, state: 'sent' }
  try {
    parseRun(await readFile(path.join(place, RUN), 'utf8'), place)
  } catch (error) {
    return { ...one, state: 'broken', reason: error instanceof Error ? error.message : String(error) }
  }
  if (!files.includes(REFUSED)) return { ...one, state: 'waiting' }
  const { reason } = JSON.parse(await readFile(path.join(place, REFUSED), 'utf8')) as { reason: string }
  return { ...one, state: 'refused', reason }
}

/** A folder that is not there holds nothing. */
async function entriesOf(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return []
    throw error
  }
}

async function exclusively<T>(folder: string, work: () => Promise<T>): Promise<T | undefined> {
  const lock = path.join(folder, LOCK)
  await mkdir(folder, { recursive: true })
  if (!(await taken(lock))) return undefined
  const touching = setInterval(() => {
    const now = new Date()
    utimes(lock, now, now).catch(() => undefined)
  }, LOCK_STALE_MS / 6)
  try {
    return await work()
  } finally {
    clearInterval(touching)
    await rm(lock, { force: true })
  }
}

async function taken(lock: string): Promise<boolean> {
  for (const attempt of ['first', 'after a stale one']) {
    try {
      const file = await open(lock, 'wx')
      await file.writeFile(String(process.pid))
      await file.close()
      return true
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error
    }
    if (attempt !== 'first' || !(await isStale(lock))) return false
    await rm(lock, { force: true })
  }
  return false
}

/** Its owner is dead, or has not touched it for long (on another machine, where process ids say nothing). */
async function isStale(lock: string): Promise<boolean> {
  const touched = await stat(lock).catch(() => undefined)
  if (touched === undefined) return true
  if (Date.now() - touched.mtimeMs > LOCK_STALE_MS) return true
  const pid = Number(await readFile(lock, 'utf8').catch(() => ''))
  if (!Number.isInteger(pid) || pid <= 0) return false
  try {
    process.kill(pid, 0)
    return false
  } catch (error) {
    return codeOf(error) === 'ESRCH'
  }
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : String(error)
