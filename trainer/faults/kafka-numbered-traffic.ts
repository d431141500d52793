import { wallStopwatch } from '../demo/process-stopwatch.ts'
import type { OwnFeed } from '../testing/own-feed.ts'
import { type Acknowledged, createAcknowledged } from './acknowledged.ts'
import { declaredItems, declaredUsers, interactionOf, requestOf, type Workload } from './numbered-traffic.ts'

/** A workload on its way into a feed. */
export interface Traffic {
  /** Grow while it runs. What a failed flush held is in neither: the log must say whether it is there. */
  readonly interactions: Acknowledged
  readonly requests: Acknowledged
  /** Flushes that failed. */
  failures(): number
  /** Lets what was held back go. */
  release(): void
  /** Resolves when everything was sent, acknowledged or not. */
  readonly done: Promise<void>
}

export interface TrafficPace {
  /** Interactions and requests together; left out: as fast as it goes. */
  perSecond?: number
  /** At most so many interactions at the end wait for `release`, so that the log is not over before a fault is there. */
  heldBack?: number
  /** Ends it early. */
  signal?: AbortSignal
}

const CHUNK = 500
const CHUNKS_PER_SECOND = 20

/** Declares users and items, acknowledged; then sends the numbered records behind the caller's back. */
export async function startTraffic(
  { runtime }: Pick<OwnFeed, 'runtime'>,
  workload: Workload,
  { perSecond, heldBack = 0, signal }: TrafficPace = {},
): Promise<Traffic> {
  const outputs = await runtime.outputs('traffic')
  for (const user of declaredUsers(workload)) outputs.add('users', { key: user.userId, value: user })
  for (const item of declaredItems(workload)) outputs.add('items', { key: item.itemId, value: item })
  await outputs.flush()

  const interactions = createAcknowledged(workload.interactions)
  const requests = createAcknowledged(workload.requests)
  const total = workload.interactions + workload.requests
  const chunk = perSecond === undefined ? CHUNK : Math.max(1, Math.ceil(perSecond / CHUNKS_PER_SECOND))
  const chunks = Math.ceil(total / chunk)
  const neverAborted = new AbortController().signal
  let release = (): void => undefined
  const released = new Promise<void>((go) => (release = go))
  signal?.addEventListener('abort', () => release())
  const firstHeld = chunks - Math.floor((heldBack * chunks) / workload.interactions)
  let failures = 0

  async function sendChunk(c: number): Promise<void> {
    const [firstInteraction, firstRequest] = placesAt(c)
    const [nextInteraction, nextRequest] = placesAt(c + 1)
    for (let n = firstInteraction; n < nextInteraction; n++) {
      const value = interactionOf(workload, n)
      outputs.add('interactions', { key: value.userId, value })
    }
    for (let n = firstRequest; n < nextRequest; n++) {
      const value = requestOf(workload, n)
      outputs.add('requests', { key: value.userId, value })
    }
    try {
      await outputs.flush()
    } catch {
      failures += 1 // in doubt: the log will say
      return
    }
    for (let n = firstInteraction; n < nextInteraction; n++) interactions.add(n)
    for (let n = firstRequest; n < nextRequest; n++) requests.add(n)
  }

  const placesAt = (c: number): [interaction: number, request: number] => [
    Math.floor((workload.interactions * c) / chunks),
    Math.floor((workload.requests * c) / chunks),
  ]

  async function sendAll(): Promise<void> {
    const startMs = wallStopwatch.nowMs()
    try {
      for (let c = 0; c < chunks && signal?.aborted !== true; c++) {
        if (c === firstHeld) await released
        await sendChunk(c)
        if (perSecond === undefined) continue
        const dueMs = startMs + ((c + 1) * chunk * 1_000) / perSecond
        await wallStopwatch.rest(Math.max(0, dueMs - wallStopwatch.nowMs()), signal ?? neverAborted)
      }
    } finally {
      await outputs.close()
    }
  }

  const done = sendAll()
  done.catch(() => undefined) // whoever waits for `done` sees it
  return { interactions, requests, failures: () => failures, release, done }
}
