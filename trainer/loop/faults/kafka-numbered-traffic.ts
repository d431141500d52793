import { deferred } from '#streams'
import { wallStopwatch } from '../demo/process-stopwatch.ts'
import type { OwnFeed } from '../testing/own-feed.ts'
import { type Acknowledged, createAcknowledged } from './acknowledged.ts'
import { declaredItems, declaredUsers, interactionOf, requestOf, type Workload } from './numbered-traffic.ts'

/** A workload on its way into a feed. */
export interface Traffic {
  /** Grow while it runs. Records of a failed flush are in neither: only the log tells whether they arrived. */
  readonly interactions: Acknowledged
  readonly requests: Acknowledged
  /** Flushes that failed. */
  failures(): number
  /** Lets the next portion go. Resolves when it was sent. */
  release(): Promise<void>
  /** Resolves when everything was sent, acknowledged or not. */
  readonly done: Promise<void>
}

export interface TrafficPace {
  /** Interactions and requests together; left out: as fast as it goes. */
  perSecond?: number
  /** Equal ones; each but the first waits for `release` and comes at once: the log is not over before a fault is there. */
  portions?: number
  /** Ends it early. */
  signal?: AbortSignal
}

const CHUNK = 500
const CHUNKS_PER_SECOND = 20

/** Declares users and items, acknowledged; then sends the numbered records in the background. */
export async function startTraffic(
  { runtime }: Pick<OwnFeed, 'runtime'>,
  workload: Workload,
  { perSecond, portions = 1, signal }: TrafficPace = {},
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
  const gates = Array.from({ length: portions }, deferred)
  const sent = Array.from({ length: portions }, deferred)
  const portionOf = (c: number) => Math.floor((c * portions) / chunks)
  let released = 0
  gates[0]!.resolve()
  signal?.addEventListener('abort', () => gates.forEach((gate) => gate.resolve()))
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
        await gates[portionOf(c)]!.promise
        await sendChunk(c)
        if (portionOf(c + 1) > portionOf(c)) sent[portionOf(c)]!.resolve()
        if (perSecond === undefined || portionOf(c) > 0) continue
        const dueMs = startMs + ((c + 1) * chunk * 1_000) / perSecond
        await wallStopwatch.rest(Math.max(0, dueMs - wallStopwatch.nowMs()), signal ?? neverAborted)
      }
    } finally {
      await outputs.close()
    }
  }

  const done = sendAll()
  done.catch(() => undefined) // whoever waits for `done` sees it
  return {
    interactions,
    requests,
    failures: () => failures,
    release() {
      released += 1
      gates[released]!.resolve()
      return sent[released]!.promise
    },
    done,
  }
}
