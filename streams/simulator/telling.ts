import type { Interaction } from '#schemas'
import type { Emission } from './emission.ts'

/** What the feed publishes next; a lag holds interactions back for a while. */
export interface Telling {
  emit(emission: Emission): void
  interaction(interaction: Interaction, atMs: number): void
  holdBackUntil(atMs: number): void
  /** Tells what was held back. */
  release(): void
  /** All since the last time, in the order it was told. */
  take(): Emission[]
}

const HELD_BACK_MAX = 200_000

export function createTelling(): Telling {
  let emissions: Emission[] = []
  let heldUntilMs = -Infinity
  let held: Interaction[] = []

  const tell = (interaction: Interaction) =>
    emissions.push({ topic: 'interactions', key: interaction.userId, record: interaction })

  return {
    emit: (emission) => void emissions.push(emission),
    interaction(interaction, atMs) {
      if (atMs < heldUntilMs && held.length < HELD_BACK_MAX) held.push(interaction)
      else tell(interaction)
    },
    holdBackUntil: (atMs) => void (heldUntilMs = atMs),
    release() {
      for (const interaction of held) tell(interaction)
      held = []
    },
    take() {
      const told = emissions
      emissions = []
      return told
    },
  }
}
