import type { Interaction } from '#schemas'
import type { Cell } from '#feature-store/files'

interface Pending {
  interaction: Interaction
  device: string
  click: number
  like: number
  dwellSeconds: number | null
}

/** Impressions whose outcomes may still come: at most those of one label horizon. */
export interface PendingImpressions {
  seen(interaction: Interaction, device: string): void
  /** A click or like of an impression; the dwell belongs to the click. */
  outcome(interaction: Interaction, dwellSeconds: number | null): void
  /** Rows of impressions that were shown before this moment, in the order of their showing. */
  before(atMs: number): Iterable<Cell[]>
}

const keyOf = ({ requestId, position }: Interaction) => `${String(requestId)}.${String(position)}`

export function createPendingImpressions(): PendingImpressions {
  const pending = new Map<string, Pending>()
  return {
    seen(interaction, device) {
      pending.set(keyOf(interaction), { interaction, device, click: 0, like: 0, dwellSeconds: null })
    },
    outcome(interaction, dwellSeconds) {
      const impression = pending.get(keyOf(interaction))
      if (impression === undefined) return
      if (interaction.type === 'like') impression.like = 1
      if (interaction.type !== 'click') return
      impression.click = 1
      impression.dwellSeconds = dwellSeconds
    },
    *before(atMs) {
      for (const [key, { interaction, device, click, like, dwellSeconds }] of pending) {
        const { requestId, userId, itemId, position, occurredAtMs } = interaction
        if (occurredAtMs >= atMs) return
        pending.delete(key)
        yield [requestId, userId, itemId, position, new Date(occurredAtMs), click, like, dwellSeconds, device]
      }
    },
  }
}
