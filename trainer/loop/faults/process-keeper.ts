import type { FeedloopProcess } from '#streams/testing'

/** One process that is started again when it ends by itself, as a supervisor would. */
export interface KeptProcess {
  /** The process that runs now, or ran last. */
  current(): FeedloopProcess
  /** How often it ended by itself and was started again. */
  deaths(): number
  /** @throws Error with its last words when it ended in a way that was not expected: it was not started again */
  mustRun(): void
  /**
   * SIGTERM, for good; SIGKILL when it does not go. Answers how it ended (null: by a signal) and what it and all its
   * predecessors wrote as an error or a log.
   */
  stop(): Promise<{ exitCode: number | null; written: string }>
  /** SIGKILL, for good. */
  kill(): Promise<void>
}

export interface KeeperOptions {
  /** Only such an end is expected; left out: every one is. */
  expected?(exitCode: number | null, stderr: string): boolean
  /** Why one ended by itself: the last it wrote. */
  told?(lastWords: string): void
}

/** A short pause before each restart, as systemd's RestartSec makes one. */
const RESTART_PAUSE_MS = 500
const STOP_MS_MAX = 60_000
const LAST_LINES = 40

export function keepRunning(
  start: () => FeedloopProcess,
  { expected = () => true, told = () => undefined }: KeeperOptions = {},
): KeptProcess {
  const written: string[] = []
  let deaths = 0
  let stopping = false
  let failure: Error | null = null
  let pause: { timer: NodeJS.Timeout; end(): void } | null = null
  let current = start()
  const kept = keep()
  kept.catch((error: Error) => (failure = error))

  async function keep(): Promise<number | null> {
    for (;;) {
      current.mayEnd()
      const { exitCode, stdout, stderr } = await current.ended
      written.push(stderr)
      if (stopping) return exitCode
      const words = lastWords(stderr) || lastWords(stdout)
      if (!expected(exitCode, stderr)) {
        failure = new Error(`a process ended by itself (${String(exitCode)}):\n${words}`)
        return exitCode
      }
      deaths += 1
      told(words)
      await new Promise<void>((end) => (pause = { end, timer: setTimeout(end, RESTART_PAUSE_MS) }))
      pause = null
      if (stopping) return exitCode
      current = start()
    }
  }

  function startNoMore(): void {
    stopping = true
    clearTimeout(pause?.timer)
    pause?.end()
  }

  return {
    current: () => current,
    deaths: () => deaths,
    mustRun() {
      if (failure !== null) throw failure
    },
    async stop() {
      startNoMore()
      const { child } = current
      const overdue = setTimeout(() => child.kill('SIGKILL'), STOP_MS_MAX)
      try {
        await current.stop()
        return { exitCode: await kept, written: written.join('\n') }
      } finally {
        clearTimeout(overdue)
      }
    },
    async kill() {
      startNoMore()
      await current.kill()
    },
  }
}

/** The end of what a process wrote. */
export const lastWords = (text: string): string => text.trimEnd().split('\n').slice(-LAST_LINES).join('\n')

/** How often a log tells this event; equal lines are told as one that says how many they were. */
export function eventCount(written: string, event: string): number {
  const before = written.split(`"msg":"${event}"`).slice(0, -1)
  const repeatedIn = (text: string) => /"repeated":(\d+)/.exec(text.slice(text.lastIndexOf('\n') + 1))?.[1]
  return before.reduce((count, text) => count + Number(repeatedIn(text) ?? 1), 0)
}
