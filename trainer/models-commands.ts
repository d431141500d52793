import type { Command } from 'commander'
import { compileFeatureSet, keptSetIds, outlookNow, unbuiltWords } from '#feature-store'
import type { ModelMove } from '#schemas'
import { openModel } from '#scorer/model'
import { type CommandContext, OperatorError, table } from '#streams'
import type { TrainerFeedConfig } from './commands.ts'
import { manifestOf, type ModelLog } from './models/model-log.ts'
import { createModelWriter } from './models/model-writer.ts'
import { newestExamples } from './models/newest-examples.ts'
import { moveByOperator, type OperatorWish } from './models/operator-move.ts'
import { connected, readModelLog } from './models/operator-reads.ts'

type Context = CommandContext<TrainerFeedConfig>

export function registerModelList(models: Command, context: Context): void {
  models
    .command('list')
    .description('every model, where it is and why')
    .option('--json', 'print as JSON')
    .action(async ({ json }: { json?: true }) => {
      const log = await connected(context, readModelLog)
      const shown = log.moves().map((move) => summaryOf(move, log))
      if (json) return print(JSON.stringify(shown, null, 2))
      if (shown.length === 0) return print('no model yet')
      const rows = shown.map((one) => [
        one.modelId,
        one.isLive ? `LIVE${one.pinned ? ', pinned' : ''}` : one.stage,
        new Date(one.movedAtMs).toISOString(),
        one.featureSetId ?? '?',
        entropyText(one.metrics),
        pairedText(one.metrics),
        one.isFileKept ? 'kept' : 'gone',
        one.reason,
      ])
      print(
        table(
          ['model', 'stage', 'since', 'feature set', 'entropy', 'log-loss to champion', 'file', 'reason'],
          rows,
        ),
      )
      // Of a list that is there whether or not Redis answers.
      const awaited = await awaitedSet(context, log).catch(() => undefined)
      if (awaited !== undefined) print(`\n${awaited}`)
    })
}

/** Why no model of the configured feature set serves yet; undefined: one does, or no model serves. */
async function awaitedSet(context: Context, log: ModelLog): Promise<string | undefined> {
  const live = log.live()
  const serving = live === undefined ? undefined : manifestOf(live)
  const { id } = compileFeatureSet((await context.loadConfig()).features)
  if (serving === undefined || serving.featureSetId === id) return undefined
  const lacks = await unbuiltNow(context)
  const why =
    lacks === undefined
      ? 'its states are all built, and none has proven itself yet.'
      : `none can be made or promoted before: ${lacks}`
  return `The live model ${serving.modelId} is of ${serving.featureSetId}; of the configured feature set ${id} no model serves: ${why}`
}

/** What of the states of the configured feature set is not built. @throws when Redis or Kafka do not answer */
async function unbuiltNow(context: Context): Promise<string | undefined> {
  const where = await context.addresses(['redis', 'kafka'])
  return unbuiltWords(await outlookNow(await context.loadConfig(), where))
}

/** The model that serves, and of which features it is; null: none does. */
export async function liveModelOf(
  context: Pick<Context, 'connect'>,
): Promise<{ modelId: string; featureSetId: string } | null> {
  const log = await connected(context, readModelLog)
  const live = log.live()
  const manifest = live === undefined ? undefined : manifestOf(live)
  return manifest === undefined ? null : { modelId: manifest.modelId, featureSetId: manifest.featureSetId }
}

interface MoveFlags {
  force?: true
  reason?: string
  json?: true
}

/** promote, rollback, pin: the gate of the trainer, opened by an operator. */
export function registerOperatorMoves(models: Command, context: Context): void {
  const withFlags = (command: Command) =>
    command
      .option('--force', 'skip the metrics (never the golden proof); needs --reason')
      .option('--reason <text>', 'why, for whoever reads `models list`')
      .option('--json', 'print what was written as JSON')
  withFlags(models.command('promote').description('make a model live, through the gate; ends a pin'))
    .argument('<model>', 'model id')
    .action((modelId: string, flags: MoveFlags) => act(context, 'promote', modelId, flags))
  withFlags(
    models.command('rollback').description('make the model live that served before, through the gate'),
  ).action((flags: MoveFlags) => act(context, 'rollback', undefined, flags))
  withFlags(models.command('pin').description('make a model live and keep it: nothing replaces it by itself'))
    .argument('<model>', 'model id')
    .action((modelId: string, flags: MoveFlags) => act(context, 'pin', modelId, flags))
}

async function act(
  context: Context,
  action: OperatorWish['action'],
  modelId: string | undefined,
  { force = false, reason = '', json }: Omit<MoveFlags, 'force'> & { force?: boolean },
): Promise<void> {
  if (force && reason.trim() === '')
    throw new OperatorError(
      'reason_missing',
      '--force needs --reason TEXT: say why the metrics do not count.',
    )
  const { trainer, features, prefix } = await context.loadConfig()
  await connected(context, async (runtime) => {
    const { clock, log, signals } = runtime
    const outputs = await runtime.outputs('trainer-operator')
    try {
      const { artifactChunkBytes } = trainer.promotion
      const told = await moveByOperator(
        { action, modelId, force, reason },
        {
          modelLog: await readModelLog(runtime),
          openModel,
          writer: createModelWriter({ outputs, artifactChunkBytes, clock, log, signals }),
          promotion: trainer.promotion,
          featureSetId: compileFeatureSet(features).id,
          keptSetIds: async () => keptSetIds((await context.addresses(['redis'])).redis, prefix),
          unbuilt: () => unbuiltNow(context),
          objective: trainer.objective,
          newestExamples: () => newestExamples(runtime, trainer.promotion.freshExamplesMin),
        },
      )
      print(
        json
          ? JSON.stringify(told, null, 2)
          : `${told.modelId} is live${told.pinned ? ', and pinned' : ''}. ${told.reason}`,
      )
    } finally {
      await outputs.close()
    }
  })
}

function summaryOf(move: ModelMove, log: ModelLog) {
  const { modelId, learner, reason, movedAtMs, occurredAtMs, pinned } = move
  const { label, featureSetId, metrics, trainedOn } = manifestOf(move) ?? {}
  const isLive = log.live()?.modelId === modelId
  // Only one serves: whatever else was never moved on has been replaced.
  const stage = move.stage === 'champion' && !isLive ? 'replaced' : move.stage
  const isFileKept = log.file(modelId) !== undefined
  const is = { isLive, pinned, isFileKept }
  return {
    modelId,
    learner,
    label,
    featureSetId,
    stage,
    ...is,
    reason,
    movedAtMs,
    occurredAtMs,
    metrics,
    trainedOn,
  }
}

function entropyText(metrics: Record<string, number> | undefined): string {
  const entropy = metrics?.['normalizedEntropy']
  return entropy === undefined ? '' : entropy.toFixed(4)
}

/** Difference and its standard error, on so many examples; below 0 is better than the champion of that time. */
function pairedText(metrics: Record<string, number> | undefined): string {
  const { logLossToChampion: difference, logLossToChampionError: error, examples } = metrics ?? {}
  if (difference === undefined || error === undefined) return ''
  const sign = difference < 0 ? '' : '+'
  const on = examples === undefined ? '' : ` on ${examples.toLocaleString('en-US')}`
  return `${sign}${difference.toFixed(4)} ± ${error.toFixed(4)}${on}`
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}
