/** The wall clock of a run, as an argument. */
export interface Stopwatch {
  nowMs(): number
  /** Resolves after this time or when the signal aborts. */
  rest(ms: number, signal: AbortSignal): Promise<void>
}

export const wallStopwatch: Stopwatch = {
  nowMs: () => Date.now(),
  rest: (ms, signal) =>
    new Promise((resolve) => {
      const timer = setTimeout(finish, ms)
      function finish(): void {
        clearTimeout(timer)
        signal.removeEventListener('abort', finish)
        resolve()
      }
      if (signal.aborted) finish()
      else signal.addEventListener('abort', finish)
    }),
}
