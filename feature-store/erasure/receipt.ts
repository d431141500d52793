import type { Erasure, TopicCatalogue, TopicKey } from '#schemas'
import { table } from '#streams'

/** What became of it in one place. */
export interface ErasedPlace {
  /** A topic, a namespace of Redis, a file. */
  place: string
  /** What was found, in words; `nothing`. */
  found: string
  /** `left_out`: it is there until then, and whoever reads leaves it out. */
  done: 'removed' | 'left_out' | 'rewritten' | 'left' | 'nothing'
  /** ISO; null: nothing is left, or (with `left`) nobody can say until when. */
  until: string | null
  why: string
}

/** What an operator keeps of an erasure. */
export interface ErasureReceipt {
  erasureId: string
  entity: string
  id: string
  askedAtMs: number
  upTo: Erasure['upTo']
  places: ErasedPlace[]
  /** Nothing that could be removed is left. */
  isComplete: boolean
}

/** What Kafka still holds, which nobody can rewrite: by topic, until its retention. */
export function placesInTopics(erasure: Erasure, catalogue: TopicCatalogue): ErasedPlace[] {
  const specs = new Map(Object.values(catalogue).map((spec) => [spec.name, spec]))
  return erasure.upTo.map(({ topic, partition, offset }): ErasedPlace => {
    const { config, key } = specs.get(topic)!
    const keptMs = Number(config['retention.ms'] ?? config['max.compaction.lag.ms'])
    const found = `records before offset ${String(offset)} of partition ${String(partition)}`
    const until = new Date(erasure.askedAtMs + keptMs).toISOString()
    return { place: topic, found, done: 'left_out', until, why: WHY[key] ?? WHY_READ }
  })
}

const WHY_READ = 'Kafka cannot rewrite: readers leave them out'
const WHY: Partial<Record<TopicKey, string>> = {
  interactions: 'Kafka cannot rewrite: folds end the user at the tombstone there, others leave them out',
  itemInteractions: 'Kafka cannot rewrite: folds end the item at the tombstone there',
  users: 'compaction removes them: a tombstone is there',
  items: 'compaction removes them: a tombstone is there',
  deadLetters: 'Kafka cannot rewrite: list, show and requeue leave them out',
}

const COLUMNS = ['place', 'found', 'done', 'left until', 'why']

/** For people. */
export function receiptText(receipt: ErasureReceipt): string {
  const { entity, id, erasureId, askedAtMs, places, isComplete } = receipt
  const rows = places.map(({ place, found, done, until, why }) => [place, found, done, until ?? '', why])
  const at = new Date(askedAtMs).toISOString()
  const end = isComplete
    ? 'Nothing that can be removed is left.'
    : 'Some of it is left: do what the lines marked `left` say, and ask again.'
  return `Erasure ${erasureId} of ${entity} ${id}, asked ${at}\n${table(COLUMNS, rows)}\n${end}`
}
