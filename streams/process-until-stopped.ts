/**
 * Runs until SIGINT or SIGTERM, or until `done` settles; then stops. A second signal ends the process at once.
 *
 * @throws what `done` or `stop` rejected with
 */
export async function untilStopped(running: { done: Promise<void>; stop(): Promise<void> }): Promise<void> {
  let signaled!: () => void
  const asked = new Promise<void>((resolve) => (signaled = resolve))
  let signals = 0
  const onSignal = () => {
    signals += 1
    if (signals > 1) process.exit(130)
    signaled()
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  try {
    await Promise.race([running.done, asked])
    await running.stop()
    await running.done
  } finally {
    process.off('SIGINT', onSignal)
    process.off('SIGTERM', onSignal)
  }
}
