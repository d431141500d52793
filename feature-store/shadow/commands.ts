import type { Command } from 'commander'
import { OperatorError, table } from '#streams'
import { compareStates } from './compare-states.ts'
import { diffText } from './diff-words.ts'
import { LIST_COLUMNS, listCells } from './list-columns.ts'
import { placeOf } from './live-side.ts'
import type { OtherReplays } from './other-replays.ts'
import type { ReplayProgress } from './progress.ts'
import { progressNow } from './replay-fences.ts'
import { parseCount, parseDuration } from './range.ts'
import { untilNobodyRuns } from './redis-jobs.ts'
import { namespaceGlob, type ReplayJob, type ReplayRun, statesGlob } from './replay-job.ts'
import { type ReplayContext, type ReplaySession, withSession } from './session.ts'
import { registerResume, registerStart } from './start-commands.ts'
import { refuseUnready, switchBack, switchTo } from './switch.ts'

const KEPT_MS = 24 * 3_600_000
const LAG_MAX = 5_000

/**
 * `replay start|list|status|pause|resume|cancel|diff|switch`
 *
 * @param others what else is replayed by them; left out: nothing
 */
export function registerReplayCommands(
  program: Command,
  context: ReplayContext,
  others?: OtherReplays,
): void {
  const replay = program
    .command('replay')
    .description(
      'build feature states again from the topics beside live traffic, compare them, and switch to them; or join examples again',
    )
  registerStart(replay, context, others)
  registerResume(replay, context, others)
  registerLooks(replay, context, others)
  registerEnds(replay, context, others)
  registerDiff(replay, context, others)
  registerSwitch(replay, context, others)
}

function registerEnds(replay: Command, context: ReplayContext, others?: OtherReplays): void {
  replay
    .command('pause')
    .description('hold a replay; its process stays and waits')
    .argument('<name>', 'the replay')
    .option('--json', 'print it as JSON')
    .action(async (name: string, { json }: { json?: true }) => {
      if (await others?.pause(name, { json })) return
      await withSession(context, async ({ replays }) => {
        const job = await replays.change(name, (asked) => {
          if (asked.state !== 'running' && asked.state !== 'paused')
            throw new OperatorError('replay_over', `${name} is ${asked.state}: it cannot be paused.`)
          return { ...asked, state: 'paused' }
        })
        print(
          json ? JSON.stringify(job) : `${name} is paused: go on with \`feedloop replay resume ${name}\`.`,
        )
      })
    })
  replay
    .command('cancel')
    .description('end a replay and remove what it made')
    .argument('<name>', 'the replay')
    .option('--json', 'print what was removed as JSON')
    .action(async (name: string, { json }: { json?: true }) => {
      if (await others?.cancel(name, { json })) return
      await withSession(context, async (session) => {
        const keys = await cancel(session, name)
        print(
          json
            ? JSON.stringify({ name, keys })
            : `${name} is gone, and ${String(keys)} keys of its states with it.`,
        )
      })
    })
}

function registerLooks(replay: Command, context: ReplayContext, others?: OtherReplays): void {
  replay
    .command('list')
    .description('every replay, how far it is and who runs it')
    .option('--json', 'print as JSON')
    .action(({ json }: { json?: true }) =>
      withSession(context, async (session) => {
        const shown = []
        for (const job of await session.replays.list()) shown.push(await lookAt(session, job))
        const looks = (await others?.looks()) ?? []
        if (json) return print(JSON.stringify([...shown, ...looks.map(({ told }) => told)], null, 2))
        const rows = [...shown.map(listRow), ...looks.map(({ row }) => row)]
        print(rows.length === 0 ? 'no replay' : table(LIST_COLUMNS, rows))
      }),
    )
  replay
    .command('status')
    .description('how far a replay is, by partition')
    .argument('<name>', 'the replay')
    .option('--json', 'print as JSON')
    .action(async (name: string, { json }: { json?: true }) => {
      if (await others?.status(name, { json })) return
      await withSession(context, async (session) => {
        const look = await lookAt(session, await session.replays.job(name))
        print(json ? JSON.stringify(look, null, 2) : statusText(look))
      })
    })
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

const listRow = (look: Look) => listCells({ ...look, state: stateText(look) })

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

async function refuseOther(name: string, others?: OtherReplays): Promise<void> {
  if (await others?.has(name))
    throw new OperatorError(
      'replay_topics',
      `${name} joins examples: there are no states to compare or serve.`,
    )
}

function registerDiff(replay: Command, context: ReplayContext, others?: OtherReplays): void {
  replay
    .command('diff')
    .description(
      'hold the states of a replay against others, key by key at equal offsets; exit 1 when they differ',
    )
    .argument('<name>', 'the replay')
    .option('--against <what>', 'live, or another replay', 'live')
    .option('--json', 'print as JSON')
    .action(async (name: string, { against, json }: { against: string; json?: true }) => {
      await refuseOther(name, others)
      await withSession(context, async (session) => {
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
      })
    })
}

interface SwitchFlags {
  back?: true
  keep: number
  lagMax: number
  json?: true
}

function registerSwitch(replay: Command, context: ReplayContext, others?: OtherReplays): void {
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
    .action(async (name: string | undefined, flags: SwitchFlags, command: Command) => {
      if ((name === undefined) !== (flags.back === true))
        command.error('give the name of a replay, or --back', { exitCode: 2 })
      if (name !== undefined) await refuseOther(name, others)
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
  await untilNobodyRuns(replays, name)
  let keys = 0
  for (const glob of globs) keys += await replays.remove(glob)
  await replays.change(name, () => null)
  return keys
}

const print = (text: string) => void process.stdout.write(`${text}\n`)
