import {
  groupOf,
  LOOP_SERVICES,
  type LoopService,
  STAGE_NAMES,
  type StageName,
  STAGES,
  topicCatalogue,
  type TopicKey,
} from '#schemas'
import {
  type Addresses,
  applyTopics,
  connectRuntime,
  createClosers,
  createLogger,
  deleteTopics,
  type Environment,
  environmentOf,
  openLagReader,
  type Runtime,
  STACK_DIR_DEFAULT,
  stackDown,
  type StackProgress,
  stackUp,
  type StreamsConfig,
  streamsConfigSchema,
} from '#streams'
import { LoopTooSlowError, RunInterruptedError } from './errors.ts'
import { makeRunFolder } from './fs-run-folder.ts'
import { openLoopGroups } from './kafka-groups.ts'
import { lagOf, offsetsText, STAGES_THAT_LAG, type LoopOffsets } from './loop-lag.ts'
import { startServices, type LoopServices } from './process-services.ts'
import { forgetStates } from './redis-forget.ts'
import { forgetSubjects } from './registry-forget.ts'

/** The whole loop, started for one run under a prefix of its own, and taken down with everything it left. */
export interface RunningLoop {
  readonly prefix: string
  readonly addresses: Addresses
  readonly streams: StreamsConfig
  readonly runtime: Runtime
  readonly services: LoopServices
  /** Records that the slowest group of these stages is behind; all that keep no records waiting on purpose when none are named. */
  lagRecords(stages?: readonly StageName[]): Promise<number>
  /** Waits until nothing is behind. @throws LoopTooSlowError */
  caughtUp(secondsMax: number, stages?: readonly StageName[]): Promise<void>
  /** Waits until nothing is behind and nothing moves any more. @throws LoopTooSlowError */
  settled(secondsMax: number): Promise<void>
  /** The last lines of a service's log. */
  logTail(service: LoopService): string
  /** Stops the services; the topics and the store stay readable. */
  stopServices(): Promise<void>
  /** Stops and removes everything this run brought. */
  close(): Promise<void>
}

export interface StartLoopOptions {
  /** Of topics, groups and keys; must be new. */
  prefix: string
  /** Sections of the feed file the services read, besides the prefix. */
  feed: object
  environment: Environment
  /** Leave topics, states and logs for a look. */
  keep: boolean
  signal: AbortSignal
  announce: (text: string) => void
  onStackProgress: (progress: StackProgress) => void
}

const READY_SECONDS_MAX = 90
const POLL_MS = 250
/** Nothing moved for so long: nothing will. The joiner looks at its sources several times in it. */
const REST_MS = 3_000

/**
 * Stack up, topics made, services started as child processes through the command line, groups joined.
 * Whatever was started is stopped again when a later step fails.
 */
export async function startLoop(options: StartLoopOptions): Promise<RunningLoop> {
  const { prefix, feed, environment, keep, signal, announce } = options
  const closers = createClosers()
  const mustGoOn = () => {
    if (signal.aborted) throw new RunInterruptedError()
  }
  try {
    const streams = streamsConfigSchema.parse({ prefix })
    const { addresses, started } = await stackUp({
      dir: STACK_DIR_DEFAULT,
      env: environment,
      signal,
      onProgress: options.onStackProgress,
    })
    closers.add(async () => {
      if (started.length > 0)
        await stackDown({ dir: STACK_DIR_DEFAULT, services: started, onProgress: options.onStackProgress })
    })
    mustGoOn()
    const catalogue = topicCatalogue({ prefix, ...streams.kafka })
    const specs = Object.values(catalogue)
    await applyTopics(addresses, specs)
    if (!keep) {
      closers.add(() =>
        forgetSubjects(
          addresses.registry,
          specs.map(({ subject }) => subject),
        ),
      )
      closers.add(() =>
        deleteTopics(
          addresses,
          specs.map(({ name }) => name),
        ),
      )
      closers.add(() => forgetStates(addresses.redis, prefix))
    }
    const folder = makeRunFolder({ ...feed, prefix })
    const removeFolder = () => folder.remove()
    if (!keep) process.once('exit', removeFolder)
    closers.add(() => {
      if (keep)
        return announce(`kept: topics with the prefix ${prefix}, logs and feed file in ${folder.path}`)
      process.off('exit', removeFolder)
      removeFolder()
    })
    const groups = await openLoopGroups(addresses.kafka, prefix)
    closers.add(() => groups.close())
    if (!keep) closers.add(() => groups.forget())
    const lags = await openLagReader(addresses, prefix)
    closers.add(() => lags.close())
    const runtime = await connectRuntime({
      addresses,
      config: streams,
      clientId: prefix,
      log: createLogger({ name: 'demo', level: 'error' }),
    })
    closers.add(() => runtime.close())
    mustGoOn()

    const services = startServices({
      names: LOOP_SERVICES,
      folder,
      environment: {
        ...environment,
        ...environmentOf(addresses),
      },
      onRestart: (name, how) => announce(`the ${name} service ended (${how}); starting it again`),
    })
    closers.add(() => services.stop())
    await until('the services to take their partitions', READY_SECONDS_MAX, async () => {
      mustGoOn()
      return (
        (await Promise.race([groups.notReady(STAGE_NAMES), services.done.then(() => STAGE_NAMES)])).length ===
        0
      )
    })

    async function offsets(): Promise<LoopOffsets> {
      const committed = await lags.lags()
      const topics = [...new Set(STAGE_NAMES.flatMap((stage): readonly TopicKey[] => STAGES[stage].sources))]
      const ends = new Map(
        await Promise.all(
          topics.map(async (topic) => [topic, await lags.endOffsets(catalogue[topic].name)] as const),
        ),
      )
      return {
        committed(stage, topic) {
          const [group, name] = [groupOf(prefix, stage), catalogue[topic].name]
          const ours = committed.filter((lag) => lag.group === group && lag.topic === name)
          return new Map(ours.map(({ partition, committedOffset }) => [partition, committedOffset]))
        },
        ends: (topic) => ends.get(topic) ?? new Map(),
      }
    }
    async function lagRecords(stages: readonly StageName[] = STAGES_THAT_LAG): Promise<number> {
      const now = await offsets()
      return Math.max(...stages.map((stage) => lagOf(stage, now)))
    }
    async function isAtRest(): Promise<boolean> {
      const before = await offsets()
      if (STAGES_THAT_LAG.some((stage) => lagOf(stage, before) > 0)) return false
      await rest(REST_MS)
      return offsetsText(await offsets()) === offsetsText(before)
    }
    return {
      prefix,
      addresses,
      streams,
      runtime,
      services,
      lagRecords,
      caughtUp: (secondsMax, stages) =>
        until('the loop to catch up', secondsMax, async () => (await lagRecords(stages)) === 0),
      settled: (secondsMax) => until('the loop to come to rest', secondsMax, isAtRest),
      logTail: (service) => folder.logTail(service, 15),
      stopServices: () => services.stop(),
      close: () => closers.closeAll(),
    }
  } catch (error) {
    await closers.closeAll().catch(() => undefined) // the first failure is the one to tell
    throw error
  }
}

async function until(what: string, secondsMax: number, condition: () => Promise<boolean>): Promise<void> {
  const untilMs = performance.now() + secondsMax * 1_000
  while (!(await condition())) {
    if (performance.now() > untilMs) throw new LoopTooSlowError(what, secondsMax)
    await rest(POLL_MS)
  }
}

const rest = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
