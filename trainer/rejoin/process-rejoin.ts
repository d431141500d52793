import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { createPace, type Jobs, type Pace, perSecond, quietRuntime } from '#feature-store/shadow'
import { codeOf, type ConnectedRuntime, type Outputs } from '#streams'
import type { TrainerConfig } from '../config.ts'
import type { ErasedSoFar } from '../joiner/erase-pending.ts'
import type { JoinerOptions } from '../joiner/joiner-stage.ts'
import { type JoiningRange, joinRange, type JoinRangeParts } from './join-range.ts'
import { type RejoinJob, rejoinProgress, type RejoinSource } from './rejoin-job.ts'

export interface RejoinParts {
  jobs: Jobs<RejoinJob>
  /** As this process took it up: with its epoch. */
  job: RejoinJob
  runtime: ConnectedRuntime
  config: TrainerConfig
  limits: JoinerOptions['limits']
  scratch: JoinerOptions['scratch']
  erased: ErasedSoFar
  earlierOf: JoinRangeParts['earlierOf']
  outputs: Outputs
  tell?(told: ToldRejoin): void
}

export interface ToldRejoin {
  job: RejoinJob
  recordsPerSecond: number
}

/** `done`: the range is joined; `taken_over`: another process goes on with it; `cancelled`; `stopped`: this one was asked to stop. */
export type RejoinEnd = 'done' | 'taken_over' | 'cancelled' | 'stopped'

export interface RunningRejoin {
  ended: Promise<RejoinEnd>
  stop(): Promise<void>
}

const TICK_MS = 500
/** A rate is told over so many ticks. */
const RATE_TICKS = 10
/** Who has not looked for so long may have been replaced: it looks before it goes on. */
const LOOKED_MS_MAX = 2_000
const AGAIN_MS = 100

interface Run {
  parts: RejoinParts
  id: string
  /** As it was read last. */
  job: RejoinJob
  /** What this process has done, to be written down. */
  sources: RejoinSource[]
  pace: Pace
  joining: JoiningRange | undefined
  lookedAtMs: number
  looking: Promise<void>
  seen: { done: number; atMs: number }[]
  end: RejoinEnd | null
}

/**
 * Joins the range of a job, from where it stands. How far it is, is written down twice a second, after what was joined is
 * acknowledged: whoever goes on after a kill reads a little again, and leaves out what the topic has.
 */
export async function startRejoin(parts: RejoinParts): Promise<RunningRejoin> {
  const { runtime, job } = parts
  const nowMs = () => runtime.clock.nowMs()
  const run: Run = {
    parts,
    id: randomUUID(),
    job,
    sources: job.sources.map((source) => ({ ...source, reads: [...source.reads], needs: [...source.needs] })),
    pace: createPace({ ratePerSecond: job.ratePerSecond, nowMs, sleep }),
    joining: undefined,
    lookedAtMs: nowMs(),
    looking: Promise.resolve(),
    seen: [],
    end: null,
  }
  if (job.state === 'paused') run.pace.pause()
  run.joining = await joinRange({
    ...parts,
    runtime: quietRuntime(runtime),
    sources: job.sources,
    mayJoin: (records) => mayJoin(run, records),
    onBatch({ topic, partition, read, needed }) {
      const source = run.sources.find((one) => one.topic === topic)!
      source.reads[partition] = Math.max(source.reads[partition]!, read)
      source.needs[partition] = Math.max(source.needs[partition]!, needed)
    },
    pause: () => sleep(AGAIN_MS),
  })
  const ended = outcomeOf(run)
  ended.catch(() => undefined) // whoever waits for it sees it
  return {
    ended,
    async stop() {
      run.end ??= 'stopped'
      run.pace.close()
      await ended.catch(() => undefined) // told by `ended`
    },
  }
}

async function mayJoin(run: Run, records: number): Promise<boolean> {
  await run.pace.take(records)
  const { clock } = run.parts.runtime
  const mayBeReplaced = () => clock.nowMs() - run.lookedAtMs > LOOKED_MS_MAX
  if (run.end === null && mayBeReplaced()) await look(run)
  return run.end === null && !mayBeReplaced()
}

async function outcomeOf(run: Run): Promise<RejoinEnd> {
  const { parts, joining } = run
  const over = joining!.done.then(
    () => true,
    () => true, // told below
  )
  run.looking.catch(() => undefined) // told below
  try {
    do await look(run)
    while (run.end === null && !(await Promise.race([over, sleep(TICK_MS, false)])))
    run.pace.close()
    await joining!.stop()
    await joining!.done
    const isOver = rejoinProgress(run).left === 0
    if (isOver && run.end !== 'cancelled' && run.end !== 'taken_over') run.end = 'done'
    await run.looking
    await lookNow(run)
    return run.end ?? 'stopped'
  } finally {
    run.pace.close()
    await joining!.stop().catch(() => undefined) // why it ended matters more
    await parts.jobs.tellStopped(run.job.name).catch(() => undefined) // it is forgotten by itself
  }
}

/** One at a time. While Redis is away nothing goes on, and nothing ends. */
function look(run: Run): Promise<void> {
  run.looking = run.looking.then(() =>
    lookNow(run).catch((error: unknown) => {
      if ((error as { policy?: unknown }).policy !== 'transient') throw error
    }),
  )
  return run.looking
}

/** Writes down how far it is, and reads what is wanted of it now. */
async function lookNow(run: Run): Promise<void> {
  const { parts, pace, seen } = run
  const { jobs, runtime, job: taken } = parts
  const sources = structuredClone(run.sources)
  const isDone = run.end === 'done'
  const unripe = isDone ? run.joining!.pending() : null
  let found: RejoinJob | undefined
  await jobs
    .change(taken.name, (asked) => {
      found = asked
      if (asked.epoch !== taken.epoch || asked.state === 'cancelled') return asked
      return { ...asked, sources, ...(isDone ? { state: 'done' as const, unripe } : {}) }
    })
    .catch((error: unknown) => {
      if (codeOf(error) !== 'replay_unknown') throw error
    })
  run.lookedAtMs = runtime.clock.nowMs()
  const gone = found === undefined || found.state === 'cancelled' ? 'cancelled' : 'taken_over'
  if (found === undefined || found.epoch !== taken.epoch || found.state === 'cancelled') {
    run.end = gone
    return pace.close()
  }
  const atMs = run.lookedAtMs
  run.job = { ...found, sources }
  seen.push({ done: rejoinProgress(run).done, atMs })
  if (seen.length > RATE_TICKS) seen.shift()
  const recordsPerSecond = perSecond(seen[0]!, seen.at(-1)!)
  const where = `${hostname()} ${String(process.pid)}`
  await jobs.tellRunning(taken.name, { id: run.id, where, atMs, interactionsPerSecond: recordsPerSecond })
  parts.tell?.({ job: run.job, recordsPerSecond })
  pace.setRate(found.ratePerSecond)
  if (found.state === 'paused') pace.pause()
  else pace.resume()
}
