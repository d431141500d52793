import { fileURLToPath } from 'node:url'
import type { Addresses, StreamsConfig } from '#streams'
import { type FeedloopProcess, startBuilt } from '#streams/testing'
import type { FeatureStoreConfig } from '../config.ts'
import type { DieAt } from './deaths.ts'
import type { RunFeaturesArguments } from './run-features-main.ts'

export interface FeaturesProcessOptions {
  /** `off`: the same features with nothing that protects them. Default `on`. */
  fence?: 'on' | 'off'
  dieAt?: DieAt
  /** Killed whenever it decodes an interaction of this user. */
  dieOf?: string
  /** `wall`: event time is replaced by the process' clock. Default `event`. */
  time?: 'event' | 'wall'
  /** Options of Node itself, before the file. */
  nodeOptions?: readonly string[]
  environment?: Readonly<Record<string, string>>
}

/** run-features-main.ts in a process of its own: `run features` as far as Kafka and Redis can tell. */
export function startFeaturesProcess(
  feed: { addresses: Addresses; config: StreamsConfig & { features: FeatureStoreConfig } },
  options: FeaturesProcessOptions = {},
): FeedloopProcess {
  const { fence = 'on', time = 'event', dieAt, dieOf, nodeOptions = [], environment = {} } = options
  const { addresses, config } = feed
  const given: RunFeaturesArguments = {
    addresses,
    config,
    fence,
    time,
    ...(dieAt ? { dieAt } : {}),
    ...(dieOf ? { dieOf } : {}),
  }
  const main = fileURLToPath(new URL('run-features-main.ts', import.meta.url))
  const title = `the features process (fence ${fence}, ${time} time)`
  return startBuilt(title, main, [JSON.stringify(given)], addresses, { nodeOptions, environment })
}
