import type { RunningStage } from '#streams'

/** A stage that begins again from the log when it is asked to, and is one to whoever waits for its end. */
export interface RestartableStage {
  start(): Promise<RunningStage>
  /** Stops it and starts it anew; nothing while it has not started, or is to stop. */
  restart(): void
  /** Of all its runs: rejects when one died. */
  done(started: Promise<unknown>): Promise<void>
  stop(): Promise<void>
}

export function restartableStage(run: () => Promise<RunningStage>): RestartableStage {
  let running: RunningStage | undefined
  let restarting: Promise<void> = Promise.resolve()
  let isStopped = false

  async function begin(): Promise<RunningStage> {
    running = await run()
    if (isStopped) await running.stop()
    return running
  }

  return {
    start: begin,
    restart() {
      restarting = restarting.then(async () => {
        if (isStopped || running === undefined) return
        await running.stop()
        await begin()
      })
      restarting.catch(() => undefined) // told by `done`
    },
    async done(started) {
      await started
      let seen = running
      while (seen !== undefined) {
        await seen.done
        await restarting
        seen = running === seen ? undefined : running
      }
    },
    async stop() {
      isStopped = true
      await restarting.catch(() => undefined) // told by `done`
      await running?.stop()
    },
  }
}
