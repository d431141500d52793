import { createRequire } from 'node:module'

/** What is used of kafkajs' queue of requests; every connection has one. */
export interface RequestQueue {
  /** Requests that wait, because the broker throttles us or enough of them are under way. */
  readonly pending: readonly unknown[]
  /** Looks after them some milliseconds later. */
  scheduleCheckPendingRequests: (this: RequestQueue) => void
}

/** The class of the queues, as kafkajs has it. */
export const queueClass = createRequire(import.meta.url)('kafkajs/src/network/requestQueue') as {
  prototype: RequestQueue
}

/**
 * Looks after waiting requests only where one waits. kafkajs 2.2.4 does so every millisecond on each connection, for as
 * long as it is open (https://github.com/tulios/kafkajs/issues/1704): a process with nothing to do wakes 900 times a second.
 * Whatever makes a request wait asks for the look itself, so nothing is left lying.
 *
 * @param queues changed in place
 */
export function quieten({ prototype: queues }: { prototype: RequestQueue }): void {
  const look = queues.scheduleCheckPendingRequests
  queues.scheduleCheckPendingRequests = function () {
    if (this.pending.length > 0) look.call(this)
  }
}
