import path from 'node:path'
import type { Command } from 'commander'
import { type CommandContext, OperatorError, table } from '#streams'
import type { TrainerFeedConfig } from '../commands.ts'
import { type TrackingAddress, trackingAddressOf } from './address.ts'
import type { TrackingConfig } from './config.ts'
import { TrackingError } from './errors.ts'
import { openRunFolders } from './fs-run-folders.ts'
import { openMlflow } from './http-mlflow.ts'
import { OUTBOX } from './live-tracking.ts'
import { sendWaiting, type SendResult } from './send-waiting.ts'
import { openSendProgress } from './terminal-send-progress.ts'

type Context = CommandContext<TrainerFeedConfig>
interface TrackFlags {
  runs?: string
  json?: true
}

/** A person waits for the answer. */
const STATUS_MS = 2_000

/** track send|status */
export function registerTrackCommands(program: Command, context: Context): void {
  const track = program.command('track').description('runs, and the MLflow server that is told of them')
  const withFlags = (command: Command) =>
    command
      .option('--runs <dir>', 'folder of runs (default: trainer.tracking.runs)')
      .option('--json', 'print as JSON')
  withFlags(
    track.command('send').description('send the runs that wait, each once; what was refused is tried again'),
  ).action((flags: TrackFlags) => send(context, flags))
  withFlags(
    track.command('status').description('which runs were sent, which wait, and whether the server answers'),
  ).action((flags: TrackFlags) => status(context, flags))
}

async function send(context: Context, { runs, json }: TrackFlags): Promise<void> {
  const { config, address } = await settingsOf(context)
  if (address === undefined) throw new OperatorError('tracking_unset', NO_SERVER)
  const mlflow = openMlflow(address, config)
  const progress = openSendProgress(process.stderr)
  const results: SendResult[] = []
  try {
    for (const folder of foldersOf(runs ?? config.runs)) {
      const common = { mlflow, config, url: address.url, nowMs: () => Date.now(), again: true }
      const folders = openRunFolders(folder)
      results.push(
        await sendWaiting({
          ...common,
          folders,
          remove: path.basename(folder) === OUTBOX,
          onRun: (done, of) => progress.show(done, of),
        }),
      )
    }
  } finally {
    progress.end()
  }
  const told = summaryOf(results)
  print(json ? JSON.stringify({ url: address.url, ...told }, null, 2) : sendText(told, address))
  if (told.waiting > 0 || told.refused.length > 0) process.exitCode = 1
}

function summaryOf(results: readonly SendResult[]) {
  const sum = (of: (result: SendResult) => number) => results.reduce((all, result) => all + of(result), 0)
  const failure = results.find((result) => result.failure !== undefined)?.failure?.message
  const isBusy = results.some((result) => result.isBusy === true)
  return {
    sent: sum(({ sent }) => sent),
    waiting: sum(({ waiting }) => waiting),
    refused: results.flatMap(({ refused }) => refused),
    ...(failure === undefined ? {} : { failure }),
    ...(isBusy ? { isBusy } : {}),
  }
}

function sendText(told: ReturnType<typeof summaryOf>, { url }: TrackingAddress): string {
  const { sent, waiting, refused, failure, isBusy } = told
  const lines = [`${String(sent)} sent to ${url}, ${String(waiting)} still waiting.`]
  if (failure !== undefined) lines.push(failure, 'Nothing is lost: try again with `feedloop track send`.')
  if (isBusy === true) lines.push('Another process is sending from this folder: it goes on by itself.')
  return [...lines, ...refused.map(({ reason }) => `Refused: ${reason}`)].join('\n')
}

async function status(context: Context, { runs, json }: TrackFlags): Promise<void> {
  const { config, address } = await settingsOf(context)
  const listed = await Promise.all(
    foldersOf(runs ?? config.runs).map(async (folder) => ({
      folder,
      runs: await openRunFolders(folder).list(),
    })),
  )
  const server = address === undefined ? NO_SERVER : await answerOf(address, config)
  if (json) return print(JSON.stringify({ url: address?.url ?? null, server, folders: listed }, null, 2))
  const states = ['waiting', 'sent', 'refused', 'broken'] as const
  const rows = listed.map(({ folder, runs: all }) => [
    folder,
    ...states.map((state) => String(all.filter((run) => run.state === state).length)),
  ])
  print(table(['folder', ...states], rows))
  for (const { state, reason } of listed.flatMap(({ runs: all }) => all))
    if (reason !== undefined) print(`${state === 'broken' ? 'Broken' : 'Refused'}: ${reason}`)
  print(server)
}

async function answerOf(address: TrackingAddress, config: TrackingConfig): Promise<string> {
  try {
    await openMlflow(address, { ...config, requestMs: Math.min(config.requestMs, STATUS_MS) }).checkVersion()
    return `MLflow at ${address.url} answers.`
  } catch (error) {
    if (error instanceof TrackingError) return error.message
    throw error
  }
}

const NO_SERVER = 'No MLflow server is named: set MLFLOW_TRACKING_URI, or trainer.tracking.url of the feed.'

/** Of whoever trains, and of the live trainer. */
const foldersOf = (runs: string) => [runs, path.join(runs, OUTBOX)]

async function settingsOf(
  context: Context,
): Promise<{ config: TrackingConfig; address: TrackingAddress | undefined }> {
  const { tracking } = (await context.loadConfig()).trainer
  return { config: tracking, address: trackingAddressOf(process.env, tracking) }
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}
