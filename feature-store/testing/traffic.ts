import type { RecordOf, TopicKey } from '#schemas'
import { createChance } from '#schemas/testing'

/** Where traffic goes: the topology test driver, or outputs on a real broker. */
export interface TrafficSink {
  produce<K extends TopicKey>(topic: K, key: string, value: RecordOf[K]): unknown
}

export interface TrafficOptions {
  seed: number
  users?: number
  items?: number
  interactions: number
  /** Event time of the first interaction. */
  startMs?: number
  /** Continues an earlier run: ids and event time go on from there. */
  from?: number
}

const TYPES = ['view', 'view', 'view', 'view', 'click', 'like', 'hide']
export const TRAFFIC_START_MS = 1_690_000_000_000

/** Produces users, items (described before anyone meets them) and interactions, some late, some of unknown items. */
export function produceTraffic(sink: TrafficSink, options: TrafficOptions): void {
  const { seed, users = 20, items = 30, interactions, startMs = TRAFFIC_START_MS, from = 0 } = options
  const random = createChance(seed)
  const int = (below: number) => Math.floor(random() * below)
  if (from === 0) {
    for (let u = 0; u < users; u++) {
      const attributes = [{ name: 'segment', text: `s${String(u % 4)}`, number: null }]
      sink.produce('users', `u${String(u)}`, {
        userId: `u${String(u)}`,
        occurredAtMs: startMs - 1,
        attributes,
      })
    }
    for (let i = 0; i < items; i++)
      describeItem(sink, `i${String(i)}`, startMs - 1, `c${String(i % 8)}`, random())
  }
  for (let n = from; n < from + interactions; n++) {
    const nowMs = startMs + n * 5_000
    if (n % 50 === 49) describeItem(sink, `i${String(int(items))}`, nowMs, `c${String(int(8))}`, random())
    const userId = `u${String(int(users))}`
    sink.produce('interactions', userId, {
      interactionId: `x${String(n)}`,
      userId,
      itemId: random() < 0.03 ? `unknown${String(int(5))}` : `i${String(int(items))}`,
      type: TYPES[int(TYPES.length)]!,
      occurredAtMs: random() < 0.1 ? nowMs - int(3_600_000) : nowMs,
      requestId: null,
      position: null,
      value: n % 4 === 0 ? null : (n % 37) - 5,
    })
  }
}

function describeItem(
  sink: TrafficSink,
  itemId: string,
  occurredAtMs: number,
  category: string,
  price: number,
) {
  const attributes = [
    { name: 'category', text: category, number: null },
    { name: 'price', text: null, number: price },
    { name: 'publisher', text: 'nobody asked', number: null },
  ]
  sink.produce('items', itemId, { itemId, occurredAtMs, attributes })
}
