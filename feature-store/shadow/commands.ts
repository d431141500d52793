import type { Command } from 'commander'
import { OperatorError, table } from '#streams'
import { compareStates } from './compare-states.ts'
import { diffText } from './diff-words.ts'
import { placeOf } from './live-side.ts'
import { durationText, type ReplayProgress } from './progress.ts'
import { progressNow } from './replay-fences.ts'
import { parseCount, parseDuration } from './range.ts'
import { namespaceGlob, type ReplayJob, type ReplayRun, statesGlob } from './replay-job.ts'
import { type ReplayContext, type ReplaySession, withSession } from './session.ts'
import { registerResume, registerStart } from './start-commands.ts'
import { refuseUnready, switchBack, switchTo } from './switch.ts'

const KEPT_MS = 24 * 3_600_000
const LAG_MAX = 5_000
const CANCEL_WAIT_MS = 30_000

/** `replay start|list|status|pause|resume|cancel|diff|switch` */
export function registerReplayCommands(program: Command, context: ReplayContext): void {
  const replay = program
    .command('replay')
    .description(
      'build feature states again from the topics beside live traffic, compare them, and switch to them',
    )
  registerStart(replay, context)
  registerResume(replay, context)
  registerLooks(replay, context)
  registerDiff(replay, context)
  registerSwitch(replay, context)
  replay
    .command('pause')
    .description('hold a replay; its process stays and waits')
    .argument('<name>', 'the replay')
    .option('--json', 'print it as JSON')
    .action((name: string, { json }: { json?: true }) =>
      withSession(context, async ({ replays }) => {
        const job = await replays.change(name, (asked) => {
          if (asked.state !== 'running' && asked.state !== 'paused')
            throw new OperatorError('replay_over', `${name} is ${asked.state}: it cannot be paused.`)
          return { ...asked, state: 'paused' }
        })
        print(
          json ? JSON.stringify(job) : `${name} is paused: go on with \`feedloop replay resume ${name}\`.`,
        )
      }),
    )
  replay
    .command('cancel')
    .description('end a replay and remove its states')
    .argument('<name>', 'the replay')
    .option('--json', 'print what was removed as JSON')
    .action((name: string, { json }: { json?: true }) =>
      withSession(context, async (session) => {
        const keys = await cancel(session, name)
        print(
          json
            ? JSON.stringify({ name, keys })
            : `${name} is gone, and ${String(keys)} keys of its states with it.`,
        )
      }),
    )
}

function registerLooks(replay: Command, context: ReplayContext): void {
  replay
    .command('list')
    .description('every replay, how far it is and who runs it')
    .option('--json', 'print as JSON')
    .action(({ json }: { json?: true }) =>
      withSession(context, async (session) => {
        const shown = []
        for (const job of await session.replays.list()) shown.push(await lookAt(session, job))
        if (json) return print(JSON.stringify(shown, null, 2))
        if (shown.length === 0) return print('no replay')
        print(table(LIST_COLUMNS, shown.map(listRow)))
      }),
    )
  replay
    .command('status')
    .description('how far a replay is, by partition')
    .argument('<name>', 'the replay')
    .option('--json', 'print as JSON')
    .action((name: string, { json }: { json?: true }) =>
      withSession(context, async (session) => {
        const look = await lookAt(session, await session.replays.job(name))
        print(json ? JSON.stringify(look, null, 2) : statusText(look))
      }),
    )
}

interface Look {
  job: ReplayJob
  progress: ReplayProgress
  run: ReplayRun | null
  /** Readers of its layouts read its states. */
  isServed: boolean
}

async function lookAt(session: ReplaySession, job: ReplayJob): Promise<Look> {
  const store = await session.store(job.namespace)
  const progress = await progressNow({ store, range: await session.range() }, job)
  const serving = await session.replays.serving(job.statesId)
  return {
    job,
    progress,
    run: await session.replays.running(job.name),
    isServed: serving?.namespace === job.namespace,
  }
}

function stateText({ job, run, progress, isServed }: Look): string {
  if (job.state === 'switched') return isServed || job.kind !== 'copy' ? 'switched' : 'was served before'
  if (job.state === 'done' || job.state === 'cancelled') return job.state
  if (run === null) return job.state === 'paused' ? 'paused, no process' : 'no process: resume it'
  if (job.state === 'paused') return 'paused'
  return progress.isReady && job.follows ? 'follows' : 'running'
}

const LIST_COLUMNS = [
  'replay',
  'kind',
  'state',
  'from',
  'to',
  'done',
  'left',
  'per s',
  'time left',
  'runs at',
]

function listRow(look: Look): (string | number)[] {
  const { job, progress, run } = look
  const { done, total, left } = progress
  const rate = run?.interactionsPerSecond ?? 0
  return [
    job.name,
    job.kind,
    stateText(look),
    job.from,
    job.to,
    total === 0 ? '100.0 %' : `${((100 * done) / total).toFixed(1)} %`,
    left,
    Math.round(rate),
    durationText(left, rate),
    run?.where ?? '-',
  ]
}

function statusText(look: Look): string {
  const { job, progress } = look
  const rows = progress.topics.flatMap(({ topic, partitions }) =>
    partitions.map(({ partition, start, next, end }) => [
      `${topic}[${String(partition)}]`,
      start,
      next ?? 'gone',
      end,
      Math.max(0, end - (next ?? start)),
    ]),
  )
  const rate =
    job.ratePerSecond === null ? 'no limit' : `${String(job.ratePerSecond)} interactions/s and side`
  const yields =
    job.yieldAboveMs === null
      ? 'never'
      : `while live interactions wait longer than ${String(job.yieldAboveMs)} ms`
  return [
    table(LIST_COLUMNS, [listRow(look)]),
    `namespace ${job.namespace}, feature set ${job.featureSetId}, rate ${rate}, yields ${yields}`,
    table(['partition', 'from', 'next', 'to', 'left'], rows),
  ].join('\n\n')
}

function registerDiff(replay: Command, context: ReplayContext): void {
  replay
    .command('diff')
    .description(
      'hold the states of a replay against others, key by key at equal offsets; exit 1 when they differ',
    )
    .argument('<name>', 'the replay')
    .option('--against <what>', 'live, or another replay', 'live')
    .option('--json', 'print as JSON')
    .action((name: string, { against, json }: { against: string; json?: true }) =>
      withSession(context, async (session) => {
        const job = await session.replays.job(name)
        const other = await placeOf(session, job, against)
        const runtime = await session.runtime()
        const compared = await compareStates(
          { store: await session.store(other.namespace), featureSet: other.featureSet },
          { store: await session.store(job.namespace), featureSet: session.featureSet },
          {
            topics: job.topics.map(({ topic }) => topic),
            topicName: (topic) => runtime.topicName(topic),
            partitionCount: (topic) => runtime.partitionCount(topic),
            wait: () => new Promise((wake) => setTimeout(wake, 250)),
          },
        )
        print(json ? JSON.stringify(compared, null, 2) : diffText(compared, against, name))
        if (!compared.isEqual) process.exitCode = 1
      }),
    )
}

interface SwitchFlags {
  back?: true
  keep: number
  lagMax: number
  json?: true
}

function registerSwitch(replay: Command, context: ReplayContext): void {
  replay
    .command('switch')
    .description(
      'let readers and the features service go on with the states of a replay, within a second; --back returns',
    )
    .argument('[name]', 'the replay')
    .option('--back', 'to what was served before')
    .option('--keep <time>', 'how long what was served is kept (default: 24h)', parseDuration, KEPT_MS)
    .option('--lag-max <records>', 'how far behind the replay may be', parseCount, LAG_MAX)
    .option('--json', 'print as JSON')
    .action((name: string | undefined, flags: SwitchFlags, command: Command) => {
      if ((name === undefined) !== (flags.back === true))
        command.error('give the name of a replay, or --back', { exitCode: 2 })
      return withSession(context, async (session) => {
        const { replays, statesId, config } = session
        const atMs = (await session.runtime()).clock.nowMs()
        const switched =
          name === undefined
            ? await switchBack(replays, statesId, atMs)
            : await switchNamed(session, await replays.job(name), { prefix: config.prefix, atMs, ...flags })
        if (flags.json) return print(JSON.stringify(switched))
        const kept =
          switched.keepUntilMs === null
            ? ''
            : ` ${switched.from} is kept until ${new Date(switched.keepUntilMs).toISOString()}; back with \`feedloop replay switch --back\`.`
        print(`Readers move from ${switched.from} to ${switched.to} within a second.${kept}`)
      })
    })
}

async function switchNamed(
  session: ReplaySession,
  job: ReplayJob,
  { prefix, atMs, keep, lagMax }: SwitchFlags & { prefix: string; atMs: number },
) {
  const { progress } = await lookAt(session, job)
  refuseUnready(job, progress, lagMax)
  return switchTo(session.replays, job, { prefix, atMs, keepMs: keep })
}

/** Whoever runs it stops first: what it wrote afterwards would be left. */
async function cancel({ replays, config }: ReplaySession, name: string): Promise<number> {
  const job = await replays.job(name)
  const isServed = (await replays.serving(job.statesId))?.namespace === job.namespace
  if (job.state === 'switched' || (job.kind === 'copy' && isServed))
    throw new OperatorError(
      'replay_in_use',
      `The states of ${name} are served, or kept to go back from: \`feedloop replay switch --back\` first, or wait until they are removed.`,
    )
  const globs =
    job.kind === 'copy' ? [namespaceGlob(job.namespace)] : job.topics.map((t) => statesGlob(job.namespace, t))
  const inUse = (await replays.ownedSets()).flatMap((set) => set.globs)
  if (job.kind !== 'copy' && globs.some((glob) => inUse.includes(glob)))
    throw new OperatorError(
      'replay_in_use',
      `A features service of ${config.prefix} keeps the states of ${name} now.`,
    )
  await replays.change(name, (asked) => ({ ...asked, state: 'cancelled' }))
  const endMs = Date.now() + CANCEL_WAIT_MS
  while ((await replays.running(name)) !== null) {
    if (Date.now() > endMs)
      throw new OperatorError(
        'replay_runs_on',
        `The process that runs ${name} does not stop: end it, then \`feedloop replay cancel ${name}\` again.`,
      )
    await new Promise((wake) => setTimeout(wake, 100))
  }
  let keys = 0
  for (const glob of globs) keys += await replays.remove(glob)
  await replays.change(name, () => null)
  return keys
}

const print = (text: string) => void process.stdout.write(`${text}\n`)
