import { compileFeatureSet, createFeatureReader } from '#feature-store'
import { wallStopwatch } from '../demo/process-stopwatch.ts'
import type { OwnFeed } from '../testing/own-feed.ts'
import { type Workload, WORKLOAD_START_MS } from './numbered-traffic.ts'

/** What readers were told meanwhile. */
export interface ReadWatch {
  /** From now on an answer must know at least as much as the last one before. Call it when Redis is about to be harmed. */
  expect(): void
  stop(): Promise<{
    vectors: number
    notReady: number
    unavailable: number
    /** Answers that knew less of a user or an item than an answer before the harm did. */
    wentBack: number
  }>
}

const USERS = 8
const ITEMS = 8
const EVERY_MS = 15

/** Reads a few users' and items' features all the time, as a scorer does, each pair on its own. */
export function watchReads(feed: OwnFeed, workload: Workload): ReadWatch {
  const featureSet = compileFeatureSet(feed.config.features)
  const reader = createFeatureReader({ runtime: feed.runtime, store: feed.store, featureSet })
  const known = new Map<string, number>()
  let floor = new Map<string, number>()
  const counts = { vectors: 0, notReady: 0, unavailable: 0, wentBack: 0 }
  const stopping = new AbortController()

  async function readOne(n: number): Promise<void> {
    const [user, item] = [n % Math.min(USERS, workload.users), n % Math.min(ITEMS, workload.items)]
    const before = floor
    const request = {
      userId: `u${String(user)}`,
      itemIds: [`i${String(item)}`],
      context: [],
      occurredAtMs: WORKLOAD_START_MS,
    }
    const answer = await reader.read([request])
    if (answer.kind === 'not_ready') counts.notReady += 1
    else if (answer.kind === 'unavailable') counts.unavailable += 1
    else {
      counts.vectors += 1
      const { userOffsets, itemOffsets } = answer.vectors
      const offsets = { [`user ${String(user)}`]: userOffsets[0]!, [`item ${String(item)}`]: itemOffsets[0]! }
      for (const [who, offset] of Object.entries(offsets)) {
        if (offset < (before.get(who) ?? -1)) counts.wentBack += 1
        known.set(who, Math.max(offset, known.get(who) ?? -1))
      }
    }
  }

  async function readOn(): Promise<void> {
    for (let n = 0; !stopping.signal.aborted; n++) {
      await readOne(n)
      await wallStopwatch.rest(EVERY_MS, stopping.signal)
    }
  }
  const reading = readOn()
  return {
    expect: () => void (floor = new Map(known)),
    async stop() {
      stopping.abort()
      await reading
      return counts
    },
  }
}
