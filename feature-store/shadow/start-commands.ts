import { resolve } from 'node:path'
import { Option, type Command } from 'commander'
import { OperatorError } from '#streams'
import { compileFeatureSet } from '../feature-set.ts'
import { partitionTag } from '../state-store.ts'
import { lacksInCopies, lackWords } from './copies-lack.ts'
import type { OtherReplays } from './other-replays.ts'
import { layoutIdsOf } from './owned-set.ts'
import { keptNow } from './outlook.ts'
import { planReplay } from './plan-replay.ts'
import { startReplay } from './process-replay.ts'
import { openLogArchive } from './archived-range.ts'
import { fencesOf } from './replay-fences.ts'
import type { ReplayEnd, ReplayParts, ToldProgress } from './replay-parts.ts'
import { parseMoment, parseRate } from './range.ts'
import { standBack } from './process-stand-back.ts'
import {
  type JobTopic,
  namespaceGlob,
  REPLAY_TOPICS,
  type ReplayJob,
  type ReplayTopic,
} from './replay-job.ts'
import { replayExists, stillRuns } from './redis-jobs.ts'
import { staysOwned } from './redis-replays.ts'
import {
  NICENESS,
  parseYield,
  type ResumeFlags,
  type StartFlags,
  topicsOf,
  YIELD_ABOVE_MS,
} from './start-flags.ts'
import { type ReplayContext, type ReplaySession, withSession } from './session.ts'
import { openReplayBar, shownOf } from './terminal-bar.ts'

export function registerStart(replay: Command, context: ReplayContext, others?: OtherReplays): void {
  replay
    .command('start')
    .description(
      'run a range of the topics through the live stages into states of their own, beside live traffic',
    )
    .requiredOption('--into <name>', 'what to call it: 1 to 32 of a-z 0-9 -')
    .addOption(
      new Option(
        '--what <what>',
        'features: states; examples: predictions and what came of them, joined again into a topic of their own',
      )
        .choices(others === undefined ? ['features'] : ['features', 'examples'])
        .default('features'),
    )
    .option(
      '--from <moment>',
      'an offset of every partition, a time (2026-11-29T10:00:00Z) or a time ago (6h)',
      '0',
    )
    .option(
      '--to <moment>',
      'the same; `now` goes on with what comes until it is switched to; examples end there',
      'now',
    )
    .option('--topics <list>', 'interactions, item-interactions, users, items (default: all)', topicsOf)
    .option(
      '--rate <n/s>',
      'interactions a second, of users and of items each, or records of examples (default: what is left)',
      parseRate,
    )
    .option(
      '--yield-above <time>',
      'stand still while live interactions wait longer than this for the features service; `never` does not (default: 1s)',
      parseYield,
      YIELD_ABOVE_MS,
    )
    .option(...NICENESS)
    .option('--for-config', 'only the states that this configuration lacks, beside those that are there')
    .option('--archive <dir>', 'read what `feedloop archive` wrote there before the topics')
    .option('--json', 'print what it came to as JSON')
    .action(async (flags: StartFlags, command: Command) => {
      if (flags.what === 'features') {
        if (await others?.has(flags.into)) throw replayExists(flags.into)
        return withSession(context, (session) => start(session, context, flags))
      }
      if ((flags.topics ?? flags.forConfig) !== undefined)
        command.error('--what examples takes neither --topics nor --for-config', { exitCode: 2 })
      return others!.start(flags)
    })
}

export function registerResume(replay: Command, context: ReplayContext, others?: OtherReplays): void {
  replay
    .command('resume')
    .description('go on with a replay that is paused, or whose process is gone')
    .argument('<name>', 'the replay')
    .option('--rate <n/s>', 'another rate from now on', parseRate)
    .option(...NICENESS)
    .option('--json', 'print what it came to as JSON')
    .action(async (name: string, flags: ResumeFlags) => {
      if (await others?.resume(name, flags)) return
      await withSession(context, (session) => resume(session, context, name, flags))
    })
}

async function start(session: ReplaySession, context: ReplayContext, flags: StartFlags): Promise<void> {
  const { replays, featureSet, config } = session
  const runtime = await session.runtime()
  const nowMs = runtime.clock.nowMs()
  const moment = (text: string) => ({ text, moment: parseMoment(text, nowMs) })
  const { namespace, topics } = flags.forConfig
    ? await lacking(session, flags.topics)
    : { namespace: `${config.prefix}:${flags.into}`, topics: flags.topics ?? REPLAY_TOPICS }
  const archive = flags.archive === undefined ? null : await archiveOf(session, flags.archive)
  const { job, warnings } = await planReplay(
    {
      name: flags.into,
      namespace,
      kind: flags.forConfig ? 'config' : 'copy',
      topics,
      from: moment(flags.from),
      to: moment(flags.to),
      ratePerSecond: flags.rate ?? null,
      yieldAboveMs: flags.yieldAbove,
      archive: flags.archive === undefined ? undefined : resolve(flags.archive),
      atMs: nowMs,
    },
    featureSet,
    archive?.range ?? (await session.range()),
    (topic) => runtime.topicName(topic),
  )
  if (flags.forConfig) warnings.push(...(await copiesWarnings(session, nowMs)))
  for (const warning of warnings) process.stderr.write(`Warning: ${warning}\n`)
  // A gap is told before anything is begun.
  const earlierOf = archive?.earlier(job.topics)
  await replays.add(job)
  // What an earlier replay of this name may have left, when Redis had lost its record.
  if (job.kind === 'copy') await replays.remove(namespaceGlob(job.namespace))
  // The restart is the switch: the new services shall look where the old ones keep the rest.
  else if (job.namespace !== config.prefix)
    await replays.changeServing(
      job.statesId,
      (serving) => serving ?? { namespace: job.namespace, sinceMs: nowMs, kept: [] },
    )
  standBack(flags.niceness)
  await runHere(session, context, job, { isJson: flags.json === true, earlierOf })
}

/** What the features service that runs now does not write into copies. */
async function copiesWarnings({ replays, featureSet }: ReplaySession, nowMs: number): Promise<string[]> {
  const kept = keptNow(await replays.ownedSets(), nowMs)
  const lacks = kept === null ? [] : lacksInCopies(compileFeatureSet(kept.features), featureSet)
  return lacks.length === 0 ? [] : [`${lackWords(lacks)}.`]
}

/** The topics of whose states a configuration has none yet, and where the rest of them is. */
async function lacking(
  { config, featureSet, statesId, replays, ...session }: ReplaySession,
  chosen: readonly ReplayTopic[] = REPLAY_TOPICS,
): Promise<{ namespace: string; topics: ReplayTopic[] }> {
  const kept = keptNow(await replays.ownedSets(), (await session.runtime()).clock.nowMs())
  const namespace = (await replays.serving(statesId))?.namespace ?? kept?.namespace ?? config.prefix
  const store = await session.store(namespace)
  const runtime = await session.runtime()
  const layoutIds = layoutIdsOf(featureSet)
  const topics: ReplayTopic[] = []
  for (const topic of REPLAY_TOPICS.filter((one) => chosen.includes(one))) {
    const tags = Array.from({ length: runtime.partitionCount(topic) }, (_, partition) =>
      partitionTag(runtime.topicName(topic), partition, layoutIds[topic]),
    )
    if ((await store.fences(tags)).includes(null)) topics.push(topic)
  }
  if (topics.length === 0)
    throw new OperatorError(
      'replay_nothing_lacks',
      'Nothing to do: all states that this configuration needs are there. Restart the services with it.',
    )
  return { namespace, topics }
}

async function resume(
  session: ReplaySession,
  context: ReplayContext,
  name: string,
  { rate, niceness, json }: ResumeFlags,
): Promise<void> {
  const { replays } = session
  const found = await replays.job(name)
  await refuseToResume(session, found)
  const job = await replays.change(name, (asked) => ({
    ...asked,
    state: 'running',
    ratePerSecond: rate ?? asked.ratePerSecond,
  }))
  const run = await stillRuns(replays, name)
  if (run !== null) {
    const told = { name, runsAt: run.where }
    process.stdout.write(
      json ? `${JSON.stringify(told)}\n` : `${name} goes on where it runs: ${run.where}.\n`,
    )
    return
  }
  const earlierOf = await earlierOfJob(session, job!)
  standBack(niceness)
  await runHere(session, context, job!, { isJson: json === true, earlierOf })
}

const archiveOf = async (session: ReplaySession, folder: string) =>
  openLogArchive(folder, REPLAY_TOPICS, { runtime: await session.runtime(), range: await session.range() })

async function earlierOfJob(session: ReplaySession, job: ReplayJob): Promise<ReplayParts['earlierOf']> {
  if (job.archive === undefined) return undefined
  return (await archiveOf(session, job.archive)).earlier(await notRead(session, job))
}

/** What is left of its topics: files of what it has read may be gone. */
async function notRead(session: ReplaySession, job: ReplayJob): Promise<JobTopic[]> {
  const fences = await fencesOf(await session.store(job.namespace), job)
  return job.topics.map((topic, t) => ({
    ...topic,
    starts: topic.starts.map((start, p) => fences[t]?.[p]?.nextOffset ?? start),
  }))
}

async function refuseToResume({ replays, config }: ReplaySession, job: ReplayJob): Promise<void> {
  const { name, state } = job
  if (state === 'done' || state === 'cancelled' || state === 'switched')
    throw new OperatorError('replay_over', `${name} is ${state}: there is nothing to go on with.`)
  const servedIn = (await replays.serving(job.statesId))?.namespace ?? config.prefix
  if (await staysOwned(replays, job, servedIn))
    throw new OperatorError(
      'replay_over',
      `A features service keeps the states of ${name} now: there is nothing to go on with.`,
    )
}

/** Until it is over, or somebody stops this process: then it can be resumed. */
async function runHere(
  session: ReplaySession,
  context: ReplayContext,
  job: ReplayJob,
  { isJson, earlierOf }: { isJson: boolean; earlierOf: ReplayParts['earlierOf'] },
): Promise<void> {
  const { config, replays } = session
  const bar = openReplayBar(process.stderr)
  const { futureSkewSecondsMax, farFutureSecondsMax, earliestEventMs } = config.limits
  const time = { futureSkewSecondsMax, farFutureSecondsMax, earliestEventMs }
  let last: ToldProgress | null = null
  const running = await startReplay({
    prefix: config.prefix,
    job,
    replays,
    store: await session.store(job.namespace, 'owner'),
    runtime: await session.runtime(),
    range: await session.range(),
    features: { config: config.features, room: await session.room(), ...time },
    ...(earlierOf === undefined ? {} : { earlierOf }),
    tell(told) {
      last = told
      bar.show(shownOf(told))
    },
  })
  await context.untilStopped({ done: running.ended.then(() => undefined), stop: () => running.stop() })
  bar.end()
  const end = await running.ended
  const { done, total, left } = (last as ToldProgress | null)?.progress ?? { done: 0, total: 0, left: 0 }
  const told = { name: job.name, end, done, total, left }
  process.stdout.write(isJson ? `${JSON.stringify(told)}\n` : `${endText(job, end)}\n`)
}

function endText({ name, follows }: ReplayJob, end: ReplayEnd): string {
  switch (end) {
    case 'done':
      return `${name} is done: \`feedloop replay diff ${name}\` holds it against what is live.`
    case 'taken_over':
      return `Others own the states of ${name} now: the features service after a switch, or this replay in another process.`
    case 'cancelled':
      return `${name} was cancelled.`
    case 'stopped':
      return `${name} stopped, ${follows ? 'and is behind more and more' : 'before it was done'}: go on with \`feedloop replay resume ${name}\`.`
  }
}
