import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { freshKafkajs } from '../../testing/fresh-kafkajs.ts'
import { mendQueues, type RequestQueue } from './kafka-request-queues.ts'

interface Queue extends RequestQueue {
  push(request: object): void
  fulfillRequest(answer: object): void
  maybeThrottle(ms: number): void
}
type Queues = new (options: object) => Queue

const freshQueues = () => freshKafkajs('network/requestQueue') as Queues
const mendedQueues = () => {
  const queues = freshQueues()
  mendQueues(queues)
  return queues
}

const ignored = () => undefined
const queueOf = (Queues: Queues, sent: number[], maxInFlightRequests = 1) => {
  const queue = new Queues({
    maxInFlightRequests,
    requestTimeout: 30_000,
    logger: { debug: ignored, warn: ignored },
  })
  return {
    throttle: (ms: number) => queue.maybeThrottle(ms),
    push: (correlationId: number, payload?: unknown) =>
      queue.push({
        entry: { correlationId, payload, resolve: ignored, reject: ignored },
        expectResponse: true,
        sendRequest: () => sent.push(correlationId),
      }),
    answer: (correlationId: number) => queue.fulfillRequest({ correlationId, payload: null, size: 0 }),
  }
}

setFlagsFromString('--expose-gc')
const gc = runInNewContext('gc') as (options?: { type: 'minor' }) => void
const collectYoung = () => gc({ type: 'minor' })

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

it('has nothing to do when no request waits', () => {
  for (const [queues, timers] of [
    [freshQueues(), 1],
    [mendedQueues(), 0],
  ] as const) {
    const queue = queueOf(queues, [])
    queue.push(1)
    queue.answer(1)
    vi.advanceTimersByTime(1_000)
    expect(vi.getTimerCount()).toBe(timers) // kafkajs itself looks on for ever
    vi.clearAllTimers()
  }
})

it('sends a request that had to wait for another as soon as that is answered', () => {
  const sent: number[] = []
  const queue = queueOf(mendedQueues(), sent)
  queue.push(1)
  queue.push(2)
  expect(sent).toEqual([1])
  queue.answer(1)
  expect(sent).toEqual([1, 2])
  queue.answer(2)
  vi.advanceTimersByTime(1_000)
  expect(vi.getTimerCount()).toBe(0)
})

it('sends a request that had to wait for a throttle when it is over', () => {
  const sent: number[] = []
  const queue = queueOf(mendedQueues(), sent)
  queue.throttle(500)
  queue.push(1)
  vi.advanceTimersByTime(499)
  expect(sent).toEqual([])
  vi.advanceTimersByTime(11)
  expect(sent).toEqual([1])
})

it('leaves nothing of a request that was answered to the full collection', () => {
  const [theirs, ours] = [freshQueues(), mendedQueues()].map((queues) => {
    bytesKept(queues) // the code itself takes room the first time
    return bytesKept(queues)
  }) as [number, number]
  expect(theirs).toBeGreaterThan(1_000) // of some 8,000 bytes each
  expect(ours).toBeLessThan(theirs / 4)
})

/** What a request, two under way at a time, adds to the old generation while only the young one is collected. */
function bytesKept(queues: Queues): number {
  const requests = 1_000
  const queue = queueOf(queues, [], 2)
  queue.push(0)
  gc() // so that none comes by itself soon; what is in use is old then, as after a quiet moment
  const before = oldBytes()
  for (let id = 1; id <= requests; id++) {
    queue.push(
      id,
      Array.from({ length: 1_000 }, () => id),
    )
    queue.answer(id - 1)
    if (id % 20 === 0) collectYoung()
  }
  return (oldBytes() - before) / requests
}

const oldBytes = () =>
  getHeapSpaceStatistics()
    .filter(({ space_name: name }) => !name.startsWith('new_'))
    .reduce((sum, { space_used_size: bytes }) => sum + bytes, 0)
