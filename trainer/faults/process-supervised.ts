import type { FeedloopProcess } from '#streams/testing'

/** A process that is started anew when it ends by itself, as whoever runs feedloop does it. */
export interface Supervised {
  /** How often it ended by itself. */
  readonly restarts: number
  /** The process that runs now. */
  readonly current: FeedloopProcess
  /** SIGTERM; resolves with the exit code, null when it had to be killed. */
  stop(): Promise<number | null>
  /** SIGKILL, for good. */
  kill(): Promise<void>
}

/** @param told why one ended: the last it wrote */
export function supervise(start: () => FeedloopProcess, told: (lastWords: string) => void): Supervised {
  let current = started()
  let restarts = 0
  let stopping = false

  function started(): FeedloopProcess {
    const process = start()
    process.mayEnd()
    void process.ended.then(({ stdout, stderr }) => {
      if (stopping) return
      restarts += 1
      told(lastWords(stderr) || lastWords(stdout))
      current = started()
    })
    return process
  }

  return {
    get restarts() {
      return restarts
    },
    get current() {
      return current
    },
    kill() {
      stopping = true
      return current.kill()
    },
    async stop() {
      stopping = true
      const { child } = current
      const overdue = setTimeout(() => child.kill('SIGKILL'), STOP_MS_MAX)
      try {
        return await current.stop()
      } finally {
        clearTimeout(overdue)
      }
    },
  }
}

const STOP_MS_MAX = 60_000
const LAST_LINES = 40
const lastWords = (text: string): string => text.trimEnd().split('\n').slice(-LAST_LINES).join('\n')
