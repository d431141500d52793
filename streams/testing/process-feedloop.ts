import { fileURLToPath } from 'node:url'
import type { Addresses } from '../contract.ts'
import { type FeedloopProcess, startNode } from './process-node.ts'

const bin = fileURLToPath(new URL('../setup/feedloop.mjs', import.meta.url))

/**
 * The command as a user runs it, in a process of its own: `streams/setup/feedloop.mjs`, which makes dist/ anew when the
 * sources are newer.
 */
export function startFeedloop(
  argv: readonly string[],
  addresses: Addresses,
  environment: Readonly<Record<string, string>> = {},
): FeedloopProcess {
  return startNode(`feedloop ${argv.join(' ')}`, [bin, ...argv], addresses, environment)
}

/** Where a service with `--metrics-port` says that it serves them. */
export const METRICS_URL = /"url":"(http:[^"]+)".*metrics_listening/
