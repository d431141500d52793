import { createRequire } from 'node:module'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { quieten, type RequestQueue } from './kafka-quiet-queues.ts'

interface Queue extends RequestQueue {
  push(request: object): void
  fulfillRequest(answer: object): void
  maybeThrottle(ms: number): void
}
type Queues = new (options: object) => Queue

/** A class of its own, as kafkajs ships it: whatever else ran in this process may have changed the other one. */
function freshQueues(): Queues {
  const require = createRequire(import.meta.url)
  const file = require.resolve('kafkajs/src/network/requestQueue')
  const loaded = require.cache[file]
  delete require.cache[file]
  try {
    return require(file) as Queues
  } finally {
    require.cache[file] = loaded
  }
}
const quietQueues = () => {
  const queues = freshQueues()
  quieten(queues)
  return queues
}

const ignored = () => undefined
const queueOf = (Queues: Queues, sent: number[]) => {
  const queue = new Queues({
    maxInFlightRequests: 1,
    requestTimeout: 30_000,
    logger: { debug: ignored, warn: ignored },
  })
  return {
    throttle: (ms: number) => queue.maybeThrottle(ms),
    push: (correlationId: number) =>
      queue.push({
        entry: { correlationId, resolve: ignored, reject: ignored },
        expectResponse: true,
        sendRequest: () => sent.push(correlationId),
      }),
    answer: (correlationId: number) => queue.fulfillRequest({ correlationId, payload: null, size: 0 }),
  }
}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

it('has nothing to do when no request waits', () => {
  for (const [queues, timers] of [
    [freshQueues(), 1],
    [quietQueues(), 0],
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
  const queue = queueOf(quietQueues(), sent)
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
  const queue = queueOf(quietQueues(), sent)
  queue.throttle(500)
  queue.push(1)
  vi.advanceTimersByTime(499)
  expect(sent).toEqual([])
  vi.advanceTimersByTime(11)
  expect(sent).toEqual([1])
})
