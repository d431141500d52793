import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { stripVTControlCharacters } from 'node:util'
import type { Environment } from './addresses.ts'
import { DownloadFailedError, MavenMissingError, StackInterruptedError } from './errors.ts'

const FETCH_LIMIT_MS = 20 * 60_000
const TAIL_LINES = 12

export interface MavenRun {
  projectFile: string
  goal: string
  cwd: string
  env: Environment
  /** For messages. */
  title: string
  cacheDir: string
  signal?: AbortSignal | undefined
  onFile: (name: string) => void
}

/**
 * Runs one goal, checksums enforced (Maven only warns by itself). Throws MavenMissingError, DownloadFailedError with
 * the end of what Maven said, StackInterruptedError.
 */
export function runMaven(options: MavenRun): Promise<void> {
  return new Promise((resolve, reject) => {
    const args = ['--batch-mode', '--strict-checksums', '--file', options.projectFile, options.goal]
    const child = spawn('mvn', args, {
      cwd: options.cwd,
      env: { ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const lines: string[] = []
    const keep = (raw: string): void => {
      const line = stripVTControlCharacters(raw)
      const file = /^\[INFO\] Downloading from .*\/([^/]+\.(?:jar|gz))\s*$/.exec(line)?.[1]
      if (file !== undefined) options.onFile(file)
      if (/Download(ing|ed) from/.test(line) || line.trim() === '') return
      lines.push(line)
      if (lines.length > TAIL_LINES) lines.shift()
    }
    createInterface({ input: child.stdout }).on('line', keep)
    createInterface({ input: child.stderr }).on('line', keep)
    const limit = setTimeout(() => child.kill('SIGTERM'), FETCH_LIMIT_MS)
    const interrupt = (): void => void child.kill('SIGTERM')
    options.signal?.addEventListener('abort', interrupt, { once: true })
    const finish = (error?: Error): void => {
      clearTimeout(limit)
      options.signal?.removeEventListener('abort', interrupt)
      if (error === undefined) resolve()
      else reject(error)
    }
    child.once('error', (error: NodeJS.ErrnoException) =>
      finish(error.code === 'ENOENT' ? new MavenMissingError([options.title], options.cacheDir) : error),
    )
    child.once('close', (code, signal) => {
      if (code === 0) finish()
      else if (options.signal?.aborted) finish(new StackInterruptedError())
      else
        finish(
          new DownloadFailedError(
            options.title,
            signal ? `ended by ${signal}` : `exit ${code}`,
            lines.join('\n'),
          ),
        )
    })
  })
}
