import { mkdtempSync, openSync, closeSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The folder of one run: the feed file its services read, and their logs. Removed when the run ends. */
export interface RunFolder {
  readonly path: string
  readonly feedFile: string
  /** Writes the feed file anew: who starts from now on reads it. */
  edit(feed: object): void
  /** A descriptor to append a service's output to; the caller closes it with `closeLog`. */
  openLog(service: string): number
  closeLog(descriptor: number): void
  /** The last lines of a service's output. */
  logTail(service: string, linesMax: number): string
  remove(): void
}

/** Makes the folder and writes the feed file. */
export function makeRunFolder(feed: object): RunFolder {
  const path = mkdtempSync(join(tmpdir(), 'feedloop-run-'))
  const feedFile = join(path, 'feed.json')
  const edit = (edited: object) => writeFileSync(feedFile, JSON.stringify(edited, null, 2))
  edit(feed)
  const logFile = (service: string) => join(path, `${service}.log`)
  return {
    path,
    feedFile,
    edit,
    openLog: (service) => openSync(logFile(service), 'a'),
    closeLog: (descriptor) => closeSync(descriptor),
    logTail: (service, linesMax) =>
      readFileSync(logFile(service), 'utf8').trimEnd().split('\n').slice(-linesMax).join('\n'),
    remove: () => rmSync(path, { recursive: true, force: true }),
  }
}
