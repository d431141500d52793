import type { FeedloopProcess } from '#streams/testing'

/** One process that is started again whenever it ends, as a supervisor would. */
export interface KeptProcess {
  pid(): number
  /** How often it ended by itself. */
  deaths(): number
  /** SIGTERM, for good. Answers how it ended and what it and all its predecessors wrote as an error or a log. */
  stop(): Promise<{ exitCode: number | null; written: string }>
}

/** A supervisor does not spin (systemd's RestartSec, in short). */
const RESTART_PAUSE_MS = 500

export function keepRunning(start: () => FeedloopProcess): KeptProcess {
  const written: string[] = []
  let deaths = 0
  let stopping = false
  let pause: { timer: NodeJS.Timeout; end(): void } | null = null
  let current = start()
  const kept = keep()

  async function keep(): Promise<number | null> {
    for (;;) {
      current.mayEnd()
      const { exitCode, stderr } = await current.ended
      written.push(stderr)
      if (stopping) return exitCode
      deaths += 1
      await new Promise<void>((end) => (pause = { end, timer: setTimeout(end, RESTART_PAUSE_MS) }))
      pause = null
      if (stopping) return exitCode
      current = start()
    }
  }

  return {
    pid: () => current.child.pid!,
    deaths: () => deaths,
    async stop() {
      stopping = true
      clearTimeout(pause?.timer)
      pause?.end()
      await current.stop()
      return { exitCode: await kept, written: written.join('\n') }
    },
  }
}

/** How many log lines carry this event. */
export const eventCount = (written: string, event: string): number =>
  written.split(`"event":"${event}"`).length - 1
