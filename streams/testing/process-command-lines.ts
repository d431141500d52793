import { execFile } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)
const EVERY_MS = 250

export interface CommandLines {
  /** Of every process of this machine that was there at one of the looks, each once. */
  readonly seen: ReadonlySet<string>
  /** Looks once more, then no longer. */
  stop(): Promise<void>
}

/** Looks again and again at what everybody on this machine can see. */
export function watchCommandLines(): CommandLines {
  const seen = new Set<string>()
  let isOver = false
  async function look(): Promise<void> {
    const { stdout } = await run('ps', ['-eo', 'args', 'ww'], { maxBuffer: 64 * 1024 * 1024 })
    for (const line of stdout.split('\n')) seen.add(line)
  }
  const watching = (async () => {
    while (!isOver) {
      await look()
      await sleep(EVERY_MS)
    }
  })()
  return {
    seen,
    async stop() {
      isOver = true
      await watching
      await look()
    },
  }
}
