import { createRequire } from 'node:module'
import { InFlight } from './kafka-in-flight.ts'

/** What is used of kafkajs' queue of requests; every connection has one. */
export interface RequestQueue {
  /** Requests that wait, because the broker throttles us or enough of them are under way. */
  readonly pending: readonly unknown[]
  /** Requests that were sent, by correlation id. */
  inflight: Map<number, unknown> | InFlight<unknown>
  push: (this: RequestQueue, request: object) => void
  /** Looks after them some milliseconds later. */
  scheduleCheckPendingRequests: (this: RequestQueue) => void
}

/** The class of the queues, as kafkajs has it. */
export const queueClass = createRequire(import.meta.url)('kafkajs/src/network/requestQueue') as {
  prototype: RequestQueue
}

/**
 * Mends two things in kafkajs 2.2.4.
 *
 * - It looks after waiting requests every millisecond on each connection, for as long as that is open
 *   (https://github.com/tulios/kafkajs/issues/1704): a process with nothing to do wakes 900 times a second. Here it looks
 *   where one waits; whatever makes a request wait asks for the look itself, so nothing is left lying.
 * - What it keeps requests under way in leaves them behind for the full collection: see InFlight.
 *
 * @param queues changed in place
 */
export function mendQueues({ prototype: queues }: { prototype: RequestQueue }): void {
  const { push, scheduleCheckPendingRequests: look } = queues
  queues.push = function (request) {
    if (this.inflight instanceof Map) this.inflight = new InFlight() // nothing was sent before the first
    push.call(this, request)
  }
  queues.scheduleCheckPendingRequests = function () {
    if (this.pending.length > 0) look.call(this)
  }
}
