import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import {
  type Addresses,
  applyTopics,
  catalogueOf,
  connectRuntime,
  createRedis,
  deleteTopics,
  silentLogger,
  streamsConfigSchema,
  untilStopped,
} from '#streams'
import { type FeedloopProcess, startFeedloop, until } from '#streams/testing'
import { openFeedStore } from '../commands.ts'
import { featureStoreConfigSchema, type FeatureStoreConfigInput } from '../config.ts'
import { compileFeatureSet } from '../feature-set.ts'
import { startFeatureStore } from '../feature-store.ts'
import { registerReplayCommands } from '../shadow/commands.ts'
import type { ReplayProgress } from '../shadow/progress.ts'
import { keepOwnerDuties } from '../shadow/redis-owner.ts'
import { openReplays } from '../shadow/redis-replays.ts'
import { produceTraffic } from './traffic.ts'

/** A feed of its own on the real services, whose configuration may change, for tests of replays. */
export async function openReplayFeed(addresses: Addresses, first: FeatureStoreConfigInput) {
  const streams = streamsConfigSchema.parse({ prefix: `rp-${randomUUID().slice(0, 8)}` })
  const { prefix } = streams
  const catalogue = catalogueOf(streams)
  const closers: (() => Promise<unknown> | void)[] = []
  const folder = mkdtempSync(join(tmpdir(), 'feedloop-replay-'))
  closers.push(() => rmSync(folder, { recursive: true }))
  await applyTopics(addresses, Object.values(catalogue))
  const names = Object.values(catalogue).map(({ name }) => name)
  closers.push(() => deleteTopics(addresses, names))
  const redis = createRedis(addresses.redis)
  closers.push(() => redis.disconnect())
  const connect = (clientId: string) =>
    connectRuntime({ addresses, config: streams, clientId, log: silentLogger })
  const runtime = await connect('test')
  closers.push(() => runtime.close())
  const replays = await openReplays(addresses.redis, prefix)
  closers.push(async () => {
    await replays.remove(`${prefix}:*`)
    await replays.close()
  })
  const outputs = await runtime.outputs('traffic')
  let produced = 0

  const configOf = (input: FeatureStoreConfigInput) => ({
    ...streams,
    features: featureStoreConfigSchema.parse(input),
  })

  /** Nobody is to wait for a process that stands back, and a command in this process must not make it one. */
  const notNice = (argv: readonly string[]) =>
    argv[0] === 'start' || argv[0] === 'resume' ? [...argv, '--niceness', '0'] : argv

  /** A command in this process; what it printed, as JSON. */
  async function replay<T>(argv: string[], input = first): Promise<T> {
    const config = configOf(input)
    const program = new Command().exitOverride()
    registerReplayCommands(program, {
      loadConfig: async () => config,
      addresses: async () => addresses,
      connect,
      untilStopped,
    })
    let written = ''
    const streamed = [process.stdout, process.stderr] as const
    const writes = streamed.map((stream) => stream.write)
    process.stdout.write = (text: string | Uint8Array) => ((written += String(text)), true)
    process.stderr.write = () => true
    try {
      await program.parseAsync(['replay', ...notNice(argv), '--json'], { from: 'user' })
    } finally {
      for (const [at, stream] of streamed.entries()) stream.write = writes[at]!
    }
    return JSON.parse(written) as T
  }

  const status = (name: string, input = first) =>
    replay<{ progress: ReplayProgress }>(['status', name], input).then(({ progress }) => progress)

  /** A command as a user runs it, killed at the end at the latest. */
  function launch(input: FeatureStoreConfigInput, ...argv: string[]): FeedloopProcess {
    const features = JSON.stringify(featureStoreConfigSchema.parse(input))
    const feedFile = join(folder, input === first ? 'first.ts' : 'other.ts')
    const text = `import { defineFeed } from 'feedloop'\nexport default defineFeed({ features: ${features} })\n`
    writeFileSync(feedFile, text)
    const started = startFeedloop(['--config', feedFile, ...argv], addresses, {
      FEEDLOOP_PREFIX: prefix,
    })
    closers.push(() => started.kill())
    return started
  }

  return {
    prefix,
    runtime,
    connect,
    redis,
    replays,
    closers,
    configOf,
    replay,
    status,
    caughtUp: (name: string, input = first) =>
      until(`${name} is caught up`, async () => (await status(name, input)).isCaughtUp, 250),
    start: (input: FeatureStoreConfigInput, ...argv: string[]) => launch(input, 'replay', ...notNice(argv)),
    launch,
    folder,
    /** Items and users are acknowledged before interactions speak of them. */
    async traffic(interactions: number) {
      produceTraffic(
        { produce: (topic, key, value) => outputs.add(topic, { key, value }) },
        { seed: produced + 1, from: produced, interactions, users: 60, items: 90 },
      )
      await outputs.flush()
      produced += interactions
    },
    /** `run features`, in this process. */
    async serve(input: FeatureStoreConfigInput): Promise<() => Promise<void>> {
      const config = configOf(input)
      const own = await connect('features')
      const store = await openFeedStore(addresses.redis, config, 'owner')
      const running = await startFeatureStore(own, { config: config.features, store })
      const duties = keepOwnerDuties({
        redis: addresses.redis,
        prefix,
        featureSet: compileFeatureSet(config.features),
        topicName: (topic) => own.topicName(topic),
        commandTimeoutMs: 2_000,
        log: silentLogger,
      })
      await running.ready
      const stop = async () => {
        await duties.stop()
        await running.stop()
        await own.close()
        await store.close()
      }
      closers.push(stop)
      return stop
    },
    async close() {
      for (const close of closers.reverse()) await close()
    },
  }
}
