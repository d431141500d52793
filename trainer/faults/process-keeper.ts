import type { FeedloopProcess } from '#streams/testing'

/** One process that is started again whenever it ends, as a supervisor would. */
export interface KeptProcess {
  /** The process that runs now, or ran last. */
  current(): FeedloopProcess
  /** How often it ended by itself. */
  deaths(): number
  /**
   * SIGTERM, for good; SIGKILL when it does not go. Answers how it ended (null: by a signal) and what it and all its
   * predecessors wrote as an error or a log.
   */
  stop(): Promise<{ exitCode: number | null; written: string }>
  /** SIGKILL, for good. */
  kill(): Promise<void>
}

/** A supervisor does not spin (systemd's RestartSec, in short). */
const RESTART_PAUSE_MS = 500
const STOP_MS_MAX = 60_000
const LAST_LINES = 40

/** @param told why one ended by itself: the last it wrote */
export function keepRunning(
  start: () => FeedloopProcess,
  told: (lastWords: string) => void = () => undefined,
): KeptProcess {
  const written: string[] = []
  let deaths = 0
  let stopping = false
  let pause: { timer: NodeJS.Timeout; end(): void } | null = null
  let current = start()
  const kept = keep()

  async function keep(): Promise<number | null> {
    for (;;) {
      current.mayEnd()
      const { exitCode, stdout, stderr } = await current.ended
      written.push(stderr)
      if (stopping) return exitCode
      deaths += 1
      told(lastWords(stderr) || lastWords(stdout))
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

const lastWords = (text: string): string => text.trimEnd().split('\n').slice(-LAST_LINES).join('\n')

/** How many log lines carry this event. */
export const eventCount = (written: string, event: string): number =>
  written.split(`"event":"${event}"`).length - 1
