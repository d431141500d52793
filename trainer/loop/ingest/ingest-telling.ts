import type { Interaction, Item, RankRequest, User } from '#schemas'
import type { Runtime } from '#streams'
import type { IngestWindow } from './ingest-window.ts'
import type { ReadConsistency } from './read-consistency.ts'

export interface IngestTellingParts {
  clock: Runtime['clock']
  outputs: Pick<Awaited<ReturnType<Runtime['outputs']>>, 'add' | 'flush'>
  window: Pick<IngestWindow, 'overdue'>
  noted: ReadConsistency['told']
}

/** What a log makes the feed tell, and how much of it was told. */
export interface IngestTelling {
  readonly counts: { items: number; users: number; requests: number; interactions: number }
  item(item: Item): void
  user(user: User): void
  request(request: RankRequest): void
  interaction(interaction: Interaction): void
  /** Tells what is overdue; resolves when everything told so far is acknowledged. */
  flush(): Promise<void>
  /** Flushes when there is enough to. */
  flushIfMany(): Promise<void>
}

const FLUSH_EVERY_RECORDS = 500

export function createIngestTelling({ clock, outputs, window, noted }: IngestTellingParts): IngestTelling {
  const counts = { items: 0, users: 0, requests: 0, interactions: 0 }
  let unacknowledged = 0

  function interaction(told: Interaction): void {
    counts.interactions++
    unacknowledged++
    outputs.add('interactions', { key: told.userId, value: told })
    noted('interactions', told.userId)
  }

  async function flush(): Promise<void> {
    for (const late of window.overdue(clock.nowMs())) interaction(late)
    unacknowledged = 0
    await outputs.flush()
  }

  return {
    counts,
    item(item) {
      counts.items++
      unacknowledged++
      outputs.add('items', { key: item.itemId, value: item })
      noted('items', item.itemId)
    },
    user(user) {
      counts.users++
      outputs.add('users', { key: user.userId, value: user })
      noted('users', user.userId)
    },
    request(request) {
      counts.requests++
      unacknowledged++
      outputs.add('requests', { key: request.userId, value: request })
    },
    interaction,
    flush,
    flushIfMany: async () => (unacknowledged >= FLUSH_EVERY_RECORDS ? flush() : undefined),
  }
}
