import type { StateStore } from '#feature-store'
import { StageKilledError } from '#streams'

type ApplyRequest = Parameters<StateStore['apply']>[0]
type ApplyAnswer = Awaited<ReturnType<StateStore['apply']>>

/** Owners that are stopped right before a write and woken when the group has gone on without them. */
export interface Zombies {
  /** What services take for the store. */
  readonly store: StateStore
  /** How the store took the writes of those that woke. */
  readonly answers: readonly ApplyAnswer['kind'][]
  /** Whoever writes next is stopped: dead for its group, but its write is still to come. */
  stopNext(): void
  /** All that are stopped go on; a store that is away ends them. */
  wake(): Promise<void>
}

export function createZombies(store: StateStore): Zombies {
  const stopped: ApplyRequest[] = []
  const answers: ApplyAnswer['kind'][] = []
  let isNextStopped = false
  return {
    answers,
    store: {
      ...store,
      async apply(request) {
        if (!isNextStopped) return store.apply(request)
        isNextStopped = false
        stopped.push(request)
        throw new StageKilledError('stopped before its write')
      },
    },
    stopNext: () => void (isNextStopped = true),
    async wake() {
      isNextStopped = false
      for (const request of stopped.splice(0)) {
        const answer = await store.apply(request).catch(() => null)
        if (answer !== null) answers.push(answer.kind)
      }
    },
  }
}
