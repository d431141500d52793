/** Runs pieces of work in the order of asking, so many at once, whatever became of those before. */
export type Turns = <T>(work: () => Promise<T>) => Promise<T>

export function createTurns(atOnce = 1): Turns {
  const waiting: (() => void)[] = []
  let running = 0
  return async (work) => {
    if (running === atOnce) await new Promise<void>((resolve) => waiting.push(resolve))
    else running += 1
    try {
      return await work()
    } finally {
      // Whoever waited takes this one's place.
      const next = waiting.shift()
      if (next === undefined) running -= 1
      else next()
    }
  }
}
