import { fileURLToPath } from 'node:url'
import type { Addresses } from '../contract.ts'
import { type FeedloopProcess, startBuilt } from './process-node.ts'

export interface NaiveCounterOptions {
  topic: string
  groupId: string
  /** Name of the Redis hash that gets a count per key. */
  hash: string
}

/** naive-counter-main.ts in a process of its own. */
export function startNaiveCounter(addresses: Addresses, options: NaiveCounterOptions): FeedloopProcess {
  const main = fileURLToPath(new URL('naive-counter-main.ts', import.meta.url))
  const { topic, groupId, hash } = options
  const argv = [addresses.brokers.join(','), addresses.redisUrl, topic, groupId, hash]
  return startBuilt('the naive counter', main, argv, addresses)
}
