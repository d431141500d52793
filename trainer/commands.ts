import type { Command } from 'commander'
import { compileFeatureSet, type FeatureStoreConfig, SKEW_MONITOR } from '#feature-store'
import type { DriftEvent, RecordOf, TopicKey } from '#schemas'
import { parseManifest } from '#schemas'
import { openModel } from '#scorer/model'
import {
  OperatorError,
  openAll,
  table,
  type CommandContext,
  type RunningService,
  type StreamsConfig,
} from '#streams'
import type { TrainerConfig } from './config.ts'
import { openScratch } from './joiner/fs-scratch.ts'
import { createFitHost } from './learning/process-fit-host.ts'
import { openScratchFolder } from './learning/window/fs-scratch-folder.ts'
import { isRetrainEvent } from './learning/retrain-event.ts'
import { registerModelList, registerOperatorMoves } from './models-commands.ts'
import { registerModelFiles } from './models-file-commands.ts'
import { startTrainer } from './start-trainer.ts'
import { registerTrackCommands } from './tracking/commands.ts'
import { liveTrackingOf } from './tracking/live-tracking.ts'

/** What the trainer needs of the feed's configuration. */
export type TrainerFeedConfig = StreamsConfig & { features: FeatureStoreConfig; trainer: TrainerConfig }
type Context = CommandContext<TrainerFeedConfig>
interface JsonFlag {
  json?: true
}

/** models list|show|promote|rollback|pin|import|export|compare, track send|status, drift report */
export function registerTrainerCommands(program: Command, context: Context): void {
  const models = program.command('models').description('the models of the feed')
  registerModelList(models, context)
  registerOperatorMoves(models, context)
  registerModelFiles(models, context)
  registerTrackCommands(program, context)
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
      // A retrain is told on the same topic, and is no drift.
      const events: DriftEvent[] = (await readAll(context, 'drift')).filter((event) => !isRetrainEvent(event))
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
    const { niceness } = own.retrain
    const fitter = createFitHost({ fitMsMax: own.limits.fitMinutesMax * 60_000, niceness })
    const scratch = await openScratch(own, runtime.log)
    closers.add(() => scratch?.close())
    const tracking = liveTrackingOf(config, { env: process.env, log: runtime.log })
    const windowScratch = openScratchFolder(own.scratchFolder)
    const trainer = await startTrainer(runtime, {
      config: own,
      ...{ featureSet, openModel, fitter, scratch, windowScratch, tracking, limits },
    })
    closers.add(() => trainer.stop())
    return { ...trainer, stop: () => closers.closeAll() }
  })
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
  if (monitor === SKEW_MONITOR) return 'share of vectors'
  return monitor.startsWith('overclaim:') ? 'nats' : 'probability'
}

const isoTime = (ms: number) => new Date(ms).toISOString()

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}
