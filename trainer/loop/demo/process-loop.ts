import { LOOP_SERVICES, type LoopService, STAGE_NAMES, topicCatalogue } from '#schemas'
import {
  type Closers,
  connectRuntime,
  createClosers,
  createLogger,
  environmentOf,
  openLagReader,
  stackDown,
  stackUp,
  STACK_DIR_DEFAULT,
  streamsConfigSchema,
  type Addresses,
  type Environment,
  type Runtime,
  type StackProgress,
  type StreamsConfig,
} from '#streams'
import { RunInterruptedError } from './errors.ts'
import { makeRunFolder } from './fs-run-folder.ts'
import { openLoopGroups } from './kafka-groups.ts'
import { createLoopProgress, type LoopProgress } from './kafka-loop-progress.ts'
import { makeRunTopics } from './kafka-run-topics.ts'
import { tellDeadLetters } from './kafka-told-letters.ts'
import { startServices, type LoopServices } from './process-services.ts'
import { until } from './process-until.ts'

/** The whole loop, started for one run under a prefix of its own, and taken down with everything it left. */
export interface RunningLoop extends LoopProgress {
  readonly prefix: string
  readonly addresses: Addresses
  readonly streams: StreamsConfig
  readonly runtime: Runtime
  readonly services: LoopServices
  /** The last lines of a service's log. */
  logTail(service: LoopService): string
  /** Says what was dead-lettered, of a run that failed. */
  tellDeadLetters(nowMs: number): Promise<void>
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

/**
 * Stack up, topics made, services started as child processes through the command line, groups joined.
 * Whatever was started is stopped again when a later step fails.
 */
export async function startLoop(options: StartLoopOptions): Promise<RunningLoop> {
  const { prefix, environment, keep, signal, announce } = options
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
    await makeRunTopics(addresses, prefix, catalogue, keep ? null : closers)
    const folder = openFolder(options, closers)
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
      environment: { ...environment, ...environmentOf(addresses) },
      onRestart: (name, how) => announce(`the ${name} service ended (${how}); starting it again`),
    })
    closers.add(() => services.stop())
    await until('the services to take their partitions', READY_SECONDS_MAX, async () => {
      mustGoOn()
      const waiting = [groups.notReady(STAGE_NAMES), services.done.then(() => STAGE_NAMES)]
      return (await Promise.race(waiting)).length === 0
    })

    const progress = createLoopProgress({ prefix, catalogue, lags })
    return {
      prefix,
      addresses,
      streams,
      runtime,
      services,
      ...progress,
      logTail: (service) => folder.logTail(service, 15),
      tellDeadLetters: (nowMs) => tellDeadLetters(addresses, catalogue, { nowMs, announce }),
      stopServices: () => services.stop(),
      close: () => closers.closeAll(),
    }
  } catch (error) {
    await closers.closeAll().catch(() => undefined) // the first failure is the one to tell
    throw error
  }
}

/** Of this run: the feed file its services read, and their logs. */
function openFolder(
  { prefix, feed, keep, announce }: StartLoopOptions,
  closers: Closers,
): ReturnType<typeof makeRunFolder> {
  const folder = makeRunFolder({ ...feed, prefix })
  const removeFolder = () => folder.remove()
  if (!keep) process.once('exit', removeFolder)
  closers.add(() => {
    if (keep) return announce(`kept: topics with the prefix ${prefix}, logs and feed file in ${folder.path}`)
    process.off('exit', removeFolder)
    removeFolder()
  })
  return folder
}
