import type { Command } from 'commander'
import {
  type CommandContext,
  createClosers,
  type Logger,
  openAll,
  readingAddress,
  type RedisAddress,
  type RunningService,
  type Runtime,
} from '#streams'
import { decodeAttributes } from './attributes/attributes-blob.ts'
import type { FeatureStoreConfig } from './config.ts'
import { describeAttributes, describeState } from './describe-state.ts'
import { startErasures } from './erasure/process-erasures.ts'
import { keepSweeping } from './expiry/process-expiry.ts'
import { registerExplain } from './explain/explain-commands.ts'
import { listedColumns, listText } from './explain/list-text.ts'
import { compileFeatureSet } from './feature-set.ts'
import { type AwaitedStore, awaitedStore, outlastOutages } from './redis-awaited.ts'
import { openRedisStore } from './redis-store.ts'
import { startWhenStoreOpens } from './run-features.ts'
import { keepOldSets } from './shadow/process-kept-sets.ts'
import { keepOwnerDuties } from './shadow/redis-owner.ts'
import { servingKey, statesIdOf } from './serving.ts'
import { decodeState } from './state/blob.ts'
import { partitionTag, type StateStore } from './state-store.ts'
import { registerValidateCommand } from './validation/validate-commands.ts'

/** The keys of the feed's configuration that these commands read. */
export interface FeatureCommandsConfig {
  prefix: string
  limits: {
    futureSkewSecondsMax: number
    farFutureSecondsMax: number
    earliestEventMs: number
    recordBytesMax: number
  }
  features: FeatureStoreConfig
}

/**
 * Opens the Redis of a feed: the namespace is its topic prefix, so that two loops can share one, or the one that
 * `replay switch` named since: an open store moves there within a quarter of a second. Who owns states waits
 * for a Redis that is away (limits.storeOutageMsMax), who only reads them does not, and may read a replica.
 */
export function openFeedStore(
  address: RedisAddress,
  { prefix, features }: Pick<FeatureCommandsConfig, 'prefix' | 'features'>,
  role: 'owner' | 'reader' = 'reader',
): Promise<StateStore> {
  const { commandTimeoutMs, readKeysMax, storeOutageMsMax } = features.limits
  const outageMsMax = role === 'owner' ? storeOutageMsMax : 0
  const pointerKey = servingKey(prefix, statesIdOf(compileFeatureSet(features)))
  return openRedisStore(role === 'owner' ? address : readingAddress(address), prefix, {
    commandTimeoutMs,
    readKeysMax,
    outageMsMax,
    servingKey: pointerKey,
  })
}

/** The same for a service: it may start, and go on, while Redis is away. */
export function awaitFeedStore(
  address: RedisAddress,
  config: Pick<FeatureCommandsConfig, 'prefix' | 'features'>,
  { role, log }: { role: 'owner' | 'reader'; log: Logger },
): AwaitedStore {
  const { storeAwaySecondsMax: awaySecondsMax } = config.features.limits
  return awaitedStore(() => openFeedStore(address, config, role), { awaySecondsMax, log })
}

/** The service `run features`, connected. The caller waits for `done` and calls `stop`. */
export function runFeatures(context: CommandContext<FeatureCommandsConfig>): Promise<RunningService> {
  return openAll(async (closers) => {
    const config = await context.loadConfig()
    const { redis, kafka } = await context.addresses(['redis', 'kafka'])
    const runtime = await context.connect('features')
    closers.add(() => runtime.close())
    const { log } = runtime
    const store = awaitFeedStore(redis, config, { role: 'owner', log })
    closers.add(() => store.close())
    const { futureSkewSecondsMax, farFutureSecondsMax, earliestEventMs } = config.limits
    const time = { futureSkewSecondsMax, farFutureSecondsMax, earliestEventMs }
    const { storeAwaySecondsMax: awaySecondsMax } = config.features.limits
    const outlast = outlastOutages(store, { awaySecondsMax, log })
    const erased = await startErasures({ runtime, redis, prefix: config.prefix })
    closers.add(() => erased.stop())
    const { erasures, tombstoned } = erased
    const room = keepSweeping(runtime, { redis, prefix: config.prefix, config: config.features })
    closers.add(() => room.stop())
    const options = { config: config.features, store, outlast, erasures, tombstoned, room, ...time }
    const running = startWhenStoreOpens(runtime, options)
    closers.add(() => running.stop())
    const featureSet = compileFeatureSet(config.features)
    const oldSets = keepOldSets({ redis, kafka, config, featureSet, runtime, log })
    closers.add(() => oldSets.stop())
    const duties = keepOwnerDuties({
      redis,
      prefix: config.prefix,
      featureSet,
      topicName: (topic) => runtime.topicName(topic),
      commandTimeoutMs: config.features.limits.commandTimeoutMs,
      log,
    })
    closers.add(() => duties.stop())
    const done = Promise.all([running.done, erased.done]).then(() => undefined)
    done.catch(() => undefined) // whoever waits for it sees it
    return { ...running, done, stop: () => closers.closeAll() }
  })
}

export function registerFeatureStoreCommands(
  program: Command,
  context: CommandContext<FeatureCommandsConfig>,
): void {
  registerValidateCommand(program)
  const features = program.command('features').description('look at feature states and vectors')
  features
    .command('show')
    .description('print what the store knows of one user or item')
    .option('--user <id>', 'a user')
    .option('--item <id>', 'an item')
    .option('--json', 'one line of JSON')
    .action(async (options: { user?: string; item?: string; json?: boolean }, command: Command) => {
      const { user, item, json } = options
      if ((user === undefined) === (item === undefined)) {
        command.error('give exactly one of --user ID and --item ID', { exitCode: 2 })
      }
      const shown = await showEntity(context, user === undefined ? 'item' : 'user', (user ?? item)!)
      process.stdout.write(`${JSON.stringify(shown, null, json === true ? 0 : 2)}\n`)
    })
  features
    .command('list')
    .description('print the columns of the feature vector: type, unit, default, max age, source and meaning')
    .option('--json', 'one line of JSON')
    .action(async ({ json }: { json?: boolean }) => {
      const featureSet = compileFeatureSet((await context.loadConfig()).features)
      const { id, names, width, buckets } = featureSet
      const text =
        json === true
          ? JSON.stringify({ id, width, names, buckets, columns: listedColumns(featureSet) })
          : listText(featureSet)
      process.stdout.write(`${text}\n`)
    })
  registerExplain(features, context, (address, config) => openFeedStore(address, config))
}

async function showEntity(
  context: CommandContext<FeatureCommandsConfig>,
  entity: 'user' | 'item',
  id: string,
) {
  const config = await context.loadConfig()
  const { redis } = await context.addresses(['redis'])
  const closers = createClosers()
  try {
    const store = await openFeedStore(redis, config)
    closers.add(() => store.close())
    const runtime = await context.connect('features-show')
    closers.add(() => runtime.close())
    return await readEntity(runtime, store, config.features, entity, id)
  } finally {
    await closers.closeAll()
  }
}

async function readEntity(
  runtime: Runtime,
  store: StateStore,
  config: FeatureStoreConfig,
  entity: 'user' | 'item',
  id: string,
) {
  const { layouts } = compileFeatureSet(config)
  const topics =
    entity === 'user' ? (['interactions', 'users'] as const) : (['itemInteractions', 'items'] as const)
  const attributesLayout = entity === 'user' ? layouts.userAttributes : layouts.itemAttributes
  const tagOf = (topic: (typeof topics)[number], layoutId: string) =>
    partitionTag(runtime.topicName(topic), runtime.partitionOf(topic, id), layoutId)
  const tags = [tagOf(topics[0], layouts[entity].id), tagOf(topics[1], attributesLayout.id)]
  const { fences, blobs } = await store.read({ fences: tags, blobs: tags.map((tag) => ({ tag, id })) })
  const [state, attributes] = blobs
  const notes = [
    ...(state ? [] : [whyNull('state', isRead(fences[0]), entity)]),
    ...(attributes ? [] : [whyNull('attributes', isRead(fences[1]), entity)]),
  ]
  return {
    [entity]: id,
    partitions: tags.map((tag, i) => ({
      tag,
      nextOffset: fences[i]?.nextOffset ?? null,
      epoch: fences[i]?.epoch ?? null,
    })),
    state: state ? describeState(layouts[entity], decodeState(layouts[entity], state)) : null,
    attributes: attributes
      ? describeAttributes(attributesLayout, decodeAttributes(attributesLayout, attributes))
      : null,
    ...(notes.length > 0 ? { notes } : {}),
  }
}

const isRead = (fence: { nextOffset: number } | null | undefined) => fence !== null && fence !== undefined

/** A changed configuration begins with no states: they are built again from the log. */
function whyNull(what: 'state' | 'attributes', isPartitionRead: boolean, entity: 'user' | 'item'): string {
  return isPartitionRead
    ? `${what} is null: nothing was told of this ${entity}, as far as its partition has been read`
    : `${what} is null: nobody has read its partition under this configuration yet; after a change of features \`npx feedloop run features\` builds the states again from the log`
}
