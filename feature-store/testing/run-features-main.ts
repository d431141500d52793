/**
 * `run features` as a process of its own, for tests that kill it. Argument: JSON of RunFeaturesArguments.
 */
import {
  connectRuntime,
  silentLogger,
  streamsConfigSchema,
  untilStopped,
  type Addresses,
  type StreamsConfig,
} from '#streams'
import { runFeatures } from '../commands.ts'
import { featureStoreConfigSchema, type FeatureStoreConfigInput } from '../config.ts'

export interface RunFeaturesArguments {
  streams: StreamsConfig
  addresses: Addresses
  features: FeatureStoreConfigInput
}

const { streams, addresses, features } = JSON.parse(process.argv[2]!) as RunFeaturesArguments
const config = { ...streamsConfigSchema.parse(streams), features: featureStoreConfigSchema.parse(features) }

const running = await runFeatures({
  loadConfig: () => Promise.resolve(config),
  addresses: () => Promise.resolve(addresses),
  connect: (name) => connectRuntime({ addresses, config, clientId: name, log: silentLogger }),
  untilStopped,
})
await untilStopped(running)
