import { LoopTooSlowError } from './errors.ts'

const POLL_MS = 250

/** Waits until the condition holds. @throws LoopTooSlowError */
export async function until(
  what: string,
  secondsMax: number,
  condition: () => Promise<boolean>,
): Promise<void> {
  const untilMs = performance.now() + secondsMax * 1_000
  while (!(await condition())) {
    if (performance.now() > untilMs) throw new LoopTooSlowError(what, secondsMax)
    await rest(POLL_MS)
  }
}

export const rest = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
