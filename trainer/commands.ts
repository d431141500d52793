import type { Command } from 'commander'
import { compileFeatureSet, type FeatureStoreConfig } from '#feature-store'
import type { DriftEvent, RecordOf, TopicKey } from '#schemas'
import { parseManifest } from '#schemas'
import { openModel } from '#scorer/model'
import {
  OperatorError,
  openAll,
  table,
  type CommandContext,
  type Logger,
  type RunningService,
  type StreamsConfig,
} from '#streams'
import type { TrainerConfig } from './config.ts'
import { openScratchFile } from './joiner/pending/fs-scratch-file.ts'
import type { ScratchFile } from './joiner/pending/scratch-file.ts'
import { createFitHost } from './learning/process-fit-host.ts'
import { registerModelList, registerOperatorMoves } from './models-commands.ts'
import { LOG_EVENTS } from './signals.ts'
import { startTrainer } from './start-trainer.ts'

/** What the trainer needs of the feed's configuration. */
export type TrainerFeedConfig = StreamsConfig & { features: FeatureStoreConfig; trainer: TrainerConfig }
type Context = CommandContext<TrainerFeedConfig>
interface JsonFlag {
  json?: true
}

/** models list|show|promote|rollback|pin, drift report */
export function registerTrainerCommands(program: Command, context: Context): void {
  const models = program.command('models').description('the models of the feed')
  registerModelList(models, context)
  registerOperatorMoves(models, context)
  models
    .command('show')
    .description('one model: its moves and its manifest')
    .argument('<model>', 'model id')
    .option('--json', 'print as JSON')
    .action(async (modelId: string, { json }: JsonFlag) => {
      const moves = (await readAll(context, 'models')).filter((move) => move.modelId === modelId)
      const last = moves.at(-1)
      if (last === undefined) {
        throw new OperatorError(
          'model_unknown',
          `There is no model ${modelId}: \`feedloop models list\` shows all of them.`,
        )
      }
      const { golden, ...manifest } = parseManifest(last.manifest)
      const shown = { ...manifest, golden: { rows: golden.rows, tolerance: golden.tolerance } }
      const history = moves.map(({ stage, movedAtMs, reason }) => ({ stage, movedAtMs, reason }))
      if (json) return print(JSON.stringify({ moves: history, manifest: shown }, null, 2))
      for (const { stage, movedAtMs, reason } of history)
        print(`${isoTime(movedAtMs)}  ${stage.padEnd(9)}  ${reason}`)
      print(JSON.stringify(shown, null, 2))
    })

  program
    .command('drift')
    .description('what the drift watch saw')
    .command('report')
    .description('every alarm, and the cause that was found')
    .option('--json', 'print as JSON')
    .action(async ({ json }: JsonFlag) => {
      const events: DriftEvent[] = await readAll(context, 'drift')
      if (json) return print(JSON.stringify(events, null, 2))
      if (events.length === 0) return print('no drift was detected')
      const rows = events.map((event) => [
        isoTime(event.occurredAtMs),
        event.monitor,
        event.kind,
        event.before.toFixed(4),
        event.after.toFixed(4),
        unitOf(event.monitor),
        event.cause,
      ])
      print(table(['feed time', 'monitor', 'kind', 'before', 'after', 'unit', 'cause'], rows))
    })
}

/** The service `run trainer`, connected. The caller waits for `done` or calls `stop`. */
export function runTrainer(context: Context): Promise<RunningService> {
  return openAll(async (closers) => {
    const config = await context.loadConfig()
    const featureSet = compileFeatureSet(config.features)
    const runtime = await context.connect('trainer')
    closers.add(() => runtime.close())
    const { trainer: own, limits } = config
    const fitter = createFitHost({ fitMsMax: own.limits.fitMinutesMax * 60_000 })
    const scratch = await openScratch(own, runtime.log)
    closers.add(() => scratch?.close())
    const trainer = await startTrainer(runtime, {
      config: own,
      ...{ featureSet, openModel, fitter, scratch, limits },
    })
    closers.add(() => trainer.stop())
    return { ...trainer, stop: () => closers.closeAll() }
  })
}

/** A service that may write nowhere runs on memory alone, as long as that does: it is told what to do. */
async function openScratch(config: TrainerConfig, log: Logger): Promise<ScratchFile | undefined> {
  if (config.limits.pendingDiskBytesMax === 0) return undefined
  try {
    return await openScratchFile(config.scratchFolder)
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error)
    const advice =
      'set trainer.scratchFolder to a folder that this user may write to: until then memory alone is used'
    log.warn({ said, advice }, LOG_EVENTS.scratchMissing)
    return undefined
  }
}

/** All records of a one-partition topic, in order. */
async function readAll<K extends TopicKey>(context: Context, topic: K): Promise<RecordOf[K][]> {
  const runtime = await context.connect(`trainer-${topic}`)
  try {
    const records: RecordOf[K][] = []
    const follower = await runtime.follow({
      name: `trainer-${topic}`,
      topic,
      startFrom: 'earliest',
      record({ value }) {
        if (value !== null) records.push(value)
      },
    })
    await follower.ready
    await follower.stop()
    return records
  } finally {
    await runtime.close()
  }
}

/** Of the two numbers before it; the cause speaks in the same. */
function unitOf(monitor: string): string {
  if (monitor.startsWith('label_arrival:')) return 'per example'
  return monitor.startsWith('overclaim:') ? 'nats' : 'probability'
}

const isoTime = (ms: number) => new Date(ms).toISOString()

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}
