import { createLogger } from './log.ts'
import { onStopAsked } from './process-stop-asked.ts'
import { LOG_EVENTS } from './signals.ts'

/**
 * Runs until SIGINT or SIGTERM, until the npm that started it is gone, or until `done` settles; then stops. A second
 * signal ends the process at once.
 *
 * @throws what `done` or `stop` rejected with
 */
export async function untilStopped(running: { done: Promise<void>; stop(): Promise<void> }): Promise<void> {
  let stopNow!: () => void
  const asked = new Promise<void>((resolve) => (stopNow = resolve))
  let signals = 0
  const stopListening = onStopAsked((by) => {
    if (by === 'npm_gone') createLogger({ name: 'feedloop' }).warn({}, LOG_EVENTS.npmGone)
    else if (++signals > 1) process.exit(130)
    stopNow()
  })
  try {
    await Promise.race([running.done, asked])
    await running.stop()
    await running.done
  } finally {
    stopListening()
  }
}
