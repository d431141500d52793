import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Asks until the answer is yes. The bound is no time limit on what is tested: it only turns a wait for ever into a
 * sentence.
 *
 * @param facts what helps to find out why, told when it gives up
 * @throws Error naming `what` after ten minutes
 */
export async function until(
  what: string,
  condition: () => Promise<boolean>,
  pollMs = 100,
  facts = () => '',
): Promise<void> {
  const startMs = performance.now()
  while (!(await condition())) {
    if (performance.now() - startMs > 600_000)
      throw new Error(`gave up after ten minutes: ${what}\n${facts()}`)
    await sleep(pollMs)
  }
}
