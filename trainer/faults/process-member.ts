import { setTimeout as sleep } from 'node:timers/promises'
import type { FeedloopProcess } from '#streams/testing'
import type { OwnFeed } from '../testing/own-feed.ts'

/** A place in a fleet: a process that is started again when its fence was taken, as a supervisor would. */
export interface Member {
  /** The process that runs now. */
  current(): FeedloopProcess
  /** How often it ended because another owner had taken a partition over, and was started again. */
  restarts(): number
  /** SIGKILL, and nothing comes after it. */
  kill(): Promise<void>
  /** SIGTERM; the exit code. */
  stop(): Promise<number | null>
}

const JOIN_MS_MAX = 5_000

/** What a fenced process says last. Any other end by itself is a failure of the run. */
const FENCED = /may not write any more/

/** @param start starts a process that belongs to the feed */
export function startMember(feed: OwnFeed, start: () => FeedloopProcess): Member {
  let restarts = 0
  let isOrdered = false
  let failure: Error | null = null
  let current = begin()

  function begin(): FeedloopProcess {
    const started = start()
    started.mayEnd()
    started.ended.then(
      ({ exitCode, stdout, stderr }) => {
        if (isOrdered) return
        if (exitCode === 1 && FENCED.test(stderr)) {
          restarts += 1
          current = begin()
        } else {
          const lastLines = `${stdout}\n${stderr}`.trim().split('\n').slice(-10).join('\n')
          failure = new Error(`a member ended by itself (${String(exitCode)}):\n${lastLines}`)
        }
      },
      (error: Error) => (failure = error),
    )
    return started
  }

  const kill = async () => {
    isOrdered = true
    await current.kill()
  }
  feed.adopt({
    kill,
    mustRun() {
      if (failure !== null) throw failure
    },
  })
  return {
    current: () => current,
    restarts: () => restarts,
    kill,
    async stop() {
      isOrdered = true
      // Before it has joined, a signal ends it as it ends any process: at once, without an exit code. It says when it
      // has, if it is one of ours; nobody waits long for another.
      const joined = current.wrote('partitions assigned').catch(() => undefined) // it has ended: its code says how
      await Promise.race([joined, sleep(JOIN_MS_MAX)])
      return current.stop()
    },
  }
}
