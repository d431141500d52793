import { fileURLToPath } from 'node:url'
import type { Addresses } from '../contract.ts'
import { type FeedloopProcess, startBuilt } from './process-node.ts'

/** What it writes when it has got partitions. */
export const JOINED_LINE = 'joined the group'

export interface NaiveCounterOptions {
  topic: string
  groupId: string
  /** Name of the Redis hash that gets a count per key. */
  hash: string
  /** What it does wrong besides letting kafkajs commit. */
  habit?: 'none' | 'does not wait for Redis' | 'skips what it cannot read' | 'dies of what it cannot read'
  /** Rests this long after each record, for one that has to be in the middle of a batch however fast the machine is. */
  restMs?: number
}

export interface NaiveCounterArguments extends Required<NaiveCounterOptions> {
  addresses: Addresses
}

/** naive-counter-main.ts in a process of its own. */
export function startNaiveCounter(addresses: Addresses, options: NaiveCounterOptions): FeedloopProcess {
  const main = fileURLToPath(new URL('naive-counter-main.ts', import.meta.url))
  const given: NaiveCounterArguments = { addresses, habit: 'none', restMs: 0, ...options }
  return startBuilt('the naive counter', main, [JSON.stringify(given)], addresses)
}
