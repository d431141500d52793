import { access, chmod, constants, mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Environment } from './addresses.ts'
import type { Archive } from './archives.ts'
import { DownloadFailedError, MavenMissingError } from './errors.ts'
import { withLock } from './fs-lock.ts'
import { mavenGoal, mavenProject } from './maven-project.ts'
import { runMaven } from './process-maven.ts'
import type { StackProgress } from './progress.ts'

const COMPLETE_MARKER = '.complete'
const FETCH_PREFIX = '.fetching-'

export interface FetchOptions {
  cacheDir: string
  env: Environment
  signal?: AbortSignal | undefined
  onProgress: (progress: StackProgress) => void
}

export const archiveDir = (cacheDir: string, archive: Archive): string => path.join(cacheDir, archive.name)

/**
 * Fetches the archives that are not in the cache. A folder appears in the cache whole and in one step, so that an interrupted fetch leaves nothing that could be mistaken for an archive.
 * Throws MavenMissingError, DownloadFailedError.
 */
export async function ensureArchives(archives: Archive[], options: FetchOptions): Promise<void> {
  if ((await missingOf(archives, options.cacheDir)).length === 0) return
  const onWait = (pid: number): void => {
    if (pid !== process.pid) options.onProgress({ kind: 'waiting', pid })
  }
  await withLock(path.join(options.cacheDir, 'lock'), { onWait, signal: options.signal }, async () => {
    await sweep(options.cacheDir)
    const missing = await missingOf(archives, options.cacheDir)
    if (missing.length > 0 && !(await isOnPath('mvn', options.env)))
      throw new MavenMissingError(
        missing.map((archive) => archive.title),
        options.cacheDir,
      )
    for (const archive of missing) await fetchArchive(archive, options)
  })
}

async function missingOf(archives: Archive[], cacheDir: string): Promise<Archive[]> {
  const present = await Promise.all(
    archives.map((archive) => isComplete(archiveDir(cacheDir, archive), archive)),
  )
  return archives.filter((_, index) => !present[index])
}

async function isComplete(folder: string, archive: Archive): Promise<boolean> {
  const [marker, main] = await Promise.all(
    [COMPLETE_MARKER, archive.mainFile].map((name) => stat(path.join(folder, name)).catch(() => undefined)),
  )
  return marker !== undefined && main !== undefined && main.size > 0
}

async function fetchArchive(archive: Archive, options: FetchOptions): Promise<void> {
  const startMs = performance.now()
  options.onProgress({ kind: 'fetching', archive: archive.title, file: null })
  const work = path.join(options.cacheDir, `${FETCH_PREFIX}${archive.name}`)
  const content = path.join(work, 'content')
  try {
    await mkdir(content, { recursive: true })
    const projectFile = path.join(work, 'pom.xml')
    await writeFile(projectFile, mavenProject(archive, content))
    await runMaven({
      projectFile,
      goal: mavenGoal(archive),
      cwd: work,
      env: options.env,
      title: archive.title,
      cacheDir: options.cacheDir,
      signal: options.signal,
      onFile: (file) => options.onProgress({ kind: 'fetching', archive: archive.title, file }),
    })
    await flatten(content, archive)
    if (archive.executable) await chmod(path.join(content, archive.mainFile), 0o755)
    await writeFile(path.join(content, COMPLETE_MARKER), '')
    if (!(await isComplete(content, archive)))
      throw new DownloadFailedError(archive.title, `it came without ${archive.mainFile}`, '')
    const target = archiveDir(options.cacheDir, archive)
    await rm(target, { recursive: true, force: true })
    await rename(content, target)
  } finally {
    await rm(work, { recursive: true, force: true })
  }
  options.onProgress({
    kind: 'fetched',
    archive: archive.title,
    seconds: (performance.now() - startMs) / 1_000,
  })
}

/** Some archives hold one folder that holds everything: its content moves up. */
async function flatten(content: string, archive: Archive): Promise<void> {
  const names = await readdir(content)
  const only = names.length === 1 ? names[0] : undefined
  if (only === undefined || only === archive.mainFile) return
  const inner = path.join(content, only)
  for (const name of await readdir(inner)) await rename(path.join(inner, name), path.join(content, name))
  await rm(inner, { recursive: true })
}

/** What an interrupted fetch left. Called with the lock held: nobody is fetching. */
async function sweep(cacheDir: string): Promise<void> {
  for (const name of await readdir(cacheDir))
    if (name.startsWith(FETCH_PREFIX)) await rm(path.join(cacheDir, name), { recursive: true, force: true })
}

async function isOnPath(command: string, env: Environment): Promise<boolean> {
  for (const folder of (env['PATH'] ?? '').split(path.delimiter)) {
    if (folder === '') continue
    const found = await access(path.join(folder, command), constants.X_OK).then(
      () => true,
      () => false,
    )
    if (found) return true
  }
  return false
}
