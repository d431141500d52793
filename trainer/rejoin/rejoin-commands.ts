import { resolve } from 'node:path'
import {
  LIST_COLUMNS,
  openReplayBar,
  openReplays,
  type OtherReplays,
  type OtherStart,
  parseMoment,
  replayExists,
  stillRuns,
  untilNobodyRuns,
} from '#feature-store/shadow'
import { applyTopics, deleteTopics, OperatorError, table } from '#streams'
import { openScratch } from '../joiner/fs-scratch.ts'
import { followErased } from './follow-erased.ts'
import { readWritten } from './kafka-written.ts'
import { planRejoin } from './plan-rejoin.ts'
import { startRejoin } from './process-rejoin.ts'
import {
  definitionOf,
  isSameDefinition,
  type RejoinJob,
  rejoinJobSchema,
  rejoinProgress,
} from './rejoin-job.ts'
import { recordsIn } from './records-in.ts'
import { rejoinEndText, type RejoinLook, rejoinRow, rejoinStatusText } from './rejoin-words.ts'
import { type RejoinContext, type RejoinSession, withRejoins } from './session.ts'
import { withoutWritten } from './written-examples.ts'

interface JsonFlag {
  json?: true
}

/** `replay start --what examples`, and the other commands of `replay` on what it began. */
export function examplesReplays(context: RejoinContext): OtherReplays {
  /** Does it when there is a job of this name. */
  const onJob = (name: string, act: (session: RejoinSession, job: RejoinJob) => Promise<void>) =>
    withRejoins(context, async (session) => {
      const job = (await session.jobs.list()).find((one) => one.name === name)
      if (job === undefined) return false
      await act(session, job)
      return true
    })

  return {
    start: (asked) => withRejoins(context, (session) => start(session, context, asked)),
    has: (name) => onJob(name, () => Promise.resolve()),
    looks: () =>
      withRejoins(context, async (session) => {
        const looks = []
        for (const job of await session.jobs.list()) looks.push(await lookAt(session, job))
        return looks.map((look) => ({ row: rejoinRow(look), told: look }))
      }),
    status: (name, { json }) =>
      onJob(name, async (session, job) => {
        const look = await lookAt(session, job)
        const text = `${table(LIST_COLUMNS, [rejoinRow(look)])}\n\n${rejoinStatusText(look)}`
        print(json ? JSON.stringify(look, null, 2) : text)
      }),
    pause: (name, { json }) =>
      onJob(name, async ({ jobs }) => {
        const job = await jobs.change(name, (asked) => {
          if (asked.state !== 'running' && asked.state !== 'paused')
            throw isOver(asked, 'it cannot be paused')
          return { ...asked, state: 'paused' }
        })
        const text = `${name} is paused: go on with \`feedloop replay resume ${name}\`.`
        print(json ? JSON.stringify(job) : text)
      }),
    resume: (name, asked) => onJob(name, (session, job) => resume(session, context, job, asked)),
    cancel: (name, { json }) =>
      onJob(name, async (session, job) => {
        await cancel(session, job)
        print(
          json
            ? JSON.stringify({ name, topic: job.topicName })
            : `${name} is gone, and ${job.topicName} with it.`,
        )
      }),
  }
}

async function start(session: RejoinSession, context: RejoinContext, asked: OtherStart): Promise<void> {
  const { config, jobs } = session
  const { into: name } = asked
  const runtime = await session.runtime()
  const nowMs = runtime.clock.nowMs()
  const momentOf = (text: string) => ({ text, moment: parseMoment(text, nowMs) })
  const definition = definitionOf(config.trainer)
  const topic = session.topicOf(name)
  const [from, to] = [momentOf(asked.from), momentOf(asked.to)]
  const archive = asked.archive === undefined ? undefined : resolve(asked.archive)
  const range = archive === undefined ? await session.range() : (await session.archive(archive)).range
  const planned = await planRejoin({ from, to, definition }, range, (key) => runtime.topicName(key))
  const job = rejoinJobSchema.parse({
    ...{ name, kind: 'examples', topicName: topic.name, state: 'running', from: asked.from, to: asked.to },
    ...{ ratePerSecond: asked.rate ?? null, definition, sources: planned.sources },
    ...{ archive, epoch: 0, unripe: null, createdAtMs: nowMs },
  } satisfies RejoinJob)
  await refuseName(session, name)
  await earlierOf(session, job)
  for (const warning of planned.warnings) process.stderr.write(`Warning: ${warning}\n`)
  await jobs.add(job)
  await runHere(session, context, name, asked)
}

/** @throws OperatorError `archive_gap` */
async function earlierOf(session: RejoinSession, { archive, sources }: RejoinJob) {
  if (archive === undefined) return undefined
  return (await session.archive(archive)).earlier(
    sources.map((source) => ({ ...source, starts: source.needs })),
  )
}

/** Replays of both kinds are asked for by name alone. */
async function refuseName({ config, addresses }: RejoinSession, name: string): Promise<void> {
  const replays = await openReplays(addresses.redis, config.prefix, config.features.limits.commandTimeoutMs)
  try {
    if ((await replays.list()).some((job) => job.name === name)) throw replayExists(name)
  } finally {
    await replays.close()
  }
}

async function resume(
  session: RejoinSession,
  context: RejoinContext,
  { name, definition }: RejoinJob,
  asked: { rate?: number } & JsonFlag,
): Promise<void> {
  const { jobs, config } = session
  if (!isSameDefinition(definition, definitionOf(config.trainer)))
    throw new OperatorError(
      'replay_labels',
      `${name} was begun with other labels than this configuration has: give the feed file of then with --config, or begin another one with \`feedloop replay start --what examples\`.`,
    )
  await jobs.change(name, (job) => {
    if (job.state === 'done' || job.state === 'cancelled') throw isOver(job, 'there is nothing to go on with')
    return { ...job, state: 'running', ratePerSecond: asked.rate ?? job.ratePerSecond }
  })
  const run = await stillRuns(jobs, name)
  if (run === null) return runHere(session, context, name, asked)
  const told = { name, runsAt: run.where }
  print(asked.json ? JSON.stringify(told) : `${name} goes on where it runs: ${run.where}.`)
}

/** Until it is over, or somebody stops this process: then it can be resumed. */
async function runHere(
  session: RejoinSession,
  context: RejoinContext,
  name: string,
  { json }: JsonFlag,
): Promise<void> {
  const { config, jobs, addresses } = session
  const { trainer, limits } = config
  const runtime = await session.runtime()
  const isAnew = await readyTopic(session, await jobs.job(name))
  const job = await jobs.change(name, (asked) => ({
    ...asked,
    epoch: asked.epoch + 1,
    // What is still needed is read again.
    sources: asked.sources.map((source) => ({ ...source, reads: source.needs })),
  }))
  const scratch = await openScratch(trainer, runtime.log)
  session.closing(() => scratch?.close() ?? Promise.resolve())
  const erased = await followErased(runtime)
  session.closing(() => erased.stop())
  const outputs = await runtime.outputs('rejoin', { examples: job!.topicName })
  session.closing(() => outputs.close())
  const written = isAnew ? null : await readWritten(addresses, runtime.codec, job!.topicName)
  const bar = openReplayBar(process.stderr)
  const running = await startRejoin({
    ...{ jobs, job: job!, runtime, config: trainer, limits, scratch, erased },
    earlierOf: await earlierOf(session, job!),
    outputs: written === null ? outputs : withoutWritten(outputs, written),
    tell({ job: told, recordsPerSecond }) {
      const { done, total, left } = rejoinProgress(told)
      const text = `${String(left)} of ${String(total)} records left, ${recordsPerSecond.toFixed(0)}/s${told.state === 'paused' ? ', paused' : ''}`
      bar.show({ name, done, total, text })
    },
  })
  await context.untilStopped({ done: running.ended.then(() => undefined), stop: () => running.stop() })
  bar.end()
  const end = await running.ended
  const look = await lookAt(session, (await jobs.list()).find((one) => one.name === name) ?? job!)
  const { progress, examples } = look
  const told = { name, end, ...progress, examples, unripe: look.job.unripe, topic: look.job.topicName }
  print(json ? JSON.stringify(told) : rejoinEndText(look, end))
}

/** @returns whether nothing is in it yet. @throws OperatorError `replay_gone` when it was there and is not any more */
async function readyTopic(session: RejoinSession, { name, topicName, epoch }: RejoinJob): Promise<boolean> {
  const { addresses, topicOf } = session
  if (epoch === 0) {
    // What an earlier one of this name may have left, when Redis had lost its record.
    await deleteTopics(addresses, [topicName])
    await applyTopics(addresses, [topicOf(name)])
    return true
  }
  if ((await recordsIn(await session.range(), topicName)) === null)
    throw new OperatorError(
      'replay_gone',
      `${topicName} is gone: \`feedloop replay cancel ${name}\`, then start it again.`,
    )
  return false
}

async function lookAt(session: RejoinSession, job: RejoinJob): Promise<RejoinLook> {
  return {
    job,
    progress: rejoinProgress(job),
    examples: await recordsIn(await session.range(), job.topicName),
    run: await session.jobs.running(job.name),
  }
}

async function cancel({ jobs, addresses }: RejoinSession, { name, topicName }: RejoinJob): Promise<void> {
  await jobs.change(name, (asked) => ({ ...asked, state: 'cancelled' }))
  await untilNobodyRuns(jobs, name)
  await deleteTopics(addresses, [topicName])
  await jobs.change(name, () => null)
}

const isOver = ({ name, state }: RejoinJob, so: string) =>
  new OperatorError('replay_over', `${name} is ${state}: ${so}.`)

const print = (text: string) => void process.stdout.write(`${text}\n`)
