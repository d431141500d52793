import type { RunningStage } from './stage.ts'

/** What a runtime has started or opened and nobody has stopped yet. */
export interface OpenHandles {
  tracked(running: RunningStage): RunningStage
  /** @returns a close that is forgotten once it was called */
  closing(close: () => Promise<void>): () => Promise<void>
  closeAll(): Promise<void>
}

export function createOpenHandles(): OpenHandles {
  const open = new Set<() => Promise<void>>()
  return {
    tracked(running) {
      const stop = () => running.stop()
      open.add(stop)
      const forget = () => void open.delete(stop)
      running.done.then(forget, forget)
      return running
    },
    closing(close) {
      const once = async () => {
        open.delete(once)
        await close()
      }
      open.add(once)
      return once
    },
    async closeAll() {
      await Promise.allSettled([...open].map((stop) => stop()))
      open.clear()
    },
  }
}
