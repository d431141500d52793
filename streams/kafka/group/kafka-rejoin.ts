import { setTimeout as sleep } from 'node:timers/promises'
import { deferred } from '../../deferred.ts'

const REJOIN_WAIT_MS = 5_000

/**
 * A consumer between its crash and the join that follows. Disconnected in the middle of that join, kafkajs would finish
 * it and read on for ever; so whoever leaves waits for its end, for a while.
 */
export function createRejoin() {
  let rejoining = deferred()
  rejoining.resolve()
  return {
    joined: () => rejoining.resolve(),
    crashed(restarts: boolean): void {
      rejoining.resolve()
      if (restarts) rejoining = deferred()
    },
    settled: () => Promise.race([rejoining.promise, sleep(REJOIN_WAIT_MS, undefined, { ref: false })]),
  }
}
