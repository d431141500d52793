import { OUTCOME_PREFIX, type Outcome, type Stopwatch } from './contest.ts'

export function createStopwatch(): Stopwatch {
  let startedMs: number | null = null
  let cpuAtStart = process.cpuUsage()
  return {
    start() {
      if (startedMs !== null) return
      startedMs = performance.now()
      cpuAtStart = process.cpuUsage()
    },
    outcome(interactions) {
      const seconds = (performance.now() - (startedMs ?? performance.now())) / 1_000
      const { user, system } = process.cpuUsage(cpuAtStart)
      return {
        eventsPerSecond: interactions / seconds,
        cpuSecondsPerMillion: (user + system) / interactions,
        rssMiB: process.memoryUsage().rss / 2 ** 20,
      }
    },
  }
}

/** The outcome to standard output, and the end: what the process did is measured, how it closes is not. */
export function finish(outcome: Outcome): void {
  process.stdout.write(`${OUTCOME_PREFIX}${JSON.stringify(outcome)}\n`, () => process.exit(0))
}
