import type { ModelMove } from '#schemas'
import type { TellJudged } from '../learning/judge.ts'
import type { LiveTracker } from './live-tracker.ts'

export interface RunningTracking {
  noteMove(move: ModelMove): void
  noteJudged: TellJudged
  lead(leads: boolean): void
  /** Requests are broken off; what waits stays in its folder. */
  stop(): Promise<void>
}

/** Turn after turn, until it is stopped. */
export function runTracking(tracker: LiveTracker, ending: AbortController): RunningTracking {
  let isStopped = false
  let wake: () => void = () => undefined

  async function run(): Promise<void> {
    while (!isStopped) {
      const waitMs = await tracker.turn()
      if (isStopped) return
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, waitMs)
        wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  }

  const running = run()
  return {
    noteMove: (move) => tracker.noteMove(move),
    noteJudged: (modelId, judged) => tracker.noteJudged(modelId, judged),
    lead: (leads) => tracker.lead(leads),
    async stop() {
      isStopped = true
      ending.abort()
      wake()
      await running
    },
  }
}
