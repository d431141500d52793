import type { z } from 'zod'
import { OperatorError, type RedisAddress, type RedisClient } from '#streams'
import { connectRedis } from '../redis-connect.ts'
import { askRedis } from '../redis-outage.ts'
import { evaluate, scriptOf } from '../redis-scripts.ts'
import { noSuchReplay, type ReplayRun, replayRunSchema } from './replay-job.ts'

/** Named jobs of a feed, one text in Redis beside its states, which all processes read and change. */
export interface Jobs<Job extends { name: string }> {
  list(): Promise<Job[]>
  /** @throws OperatorError `replay_unknown` */
  job(name: string): Promise<Job>
  /** @throws OperatorError `replay_exists` */
  add(job: Job): Promise<void>
  /** Changes a job as it is now; null removes it. @throws OperatorError `replay_unknown` */
  change(name: string, change: (job: Job) => Job | null): Promise<Job | null>
  /** Who runs it now; null: nobody. */
  running(name: string): Promise<ReplayRun | null>
  /** Says that one runs it, for the next seconds. */
  tellRunning(name: string, run: ReplayRun): Promise<void>
  tellStopped(name: string): Promise<void>
}

/** Without a word from its process for so long, nobody runs a job. */
export const RUN_FORGOTTEN_MS = 4_000
const ATTEMPTS_MAX = 50
const CANCEL_WAIT_MS = 30_000

export type Ask = <T>(operation: string, call: () => Promise<T>) => Promise<T>

/** @throws StoreUnreachableError and what else `openRedisStore` throws */
export async function connectJobs(
  where: RedisAddress,
  commandTimeoutMs = 2_000,
): Promise<{ redis: RedisClient; ask: Ask }> {
  const { redis, explain } = await connectRedis(where, commandTimeoutMs)
  return { redis, ask: (operation, call) => askRedis(operation, call, explain) }
}

/** @param keys of the text with all jobs, and of the word of who runs one */
export function jobsOf<Job extends { name: string }>(
  { redis, ask }: { redis: RedisClient; ask: Ask },
  keys: { jobs: string; run(name: string): string },
  schema: z.ZodType<Job>,
): Jobs<Job> {
  const { read, change } = textsOf(redis, ask)
  const parse = (text: string | null): Job[] => (text === null ? [] : schema.array().parse(JSON.parse(text)))
  const list = async () => parse(await read(keys.jobs))
  const changeJobs = (changed: (jobs: Job[]) => Job[]) =>
    change(keys.jobs, (text) => {
      const jobs = changed(parse(text))
      return jobs.length === 0 ? '' : JSON.stringify(jobs)
    })

  return {
    list,
    async job(name) {
      const found = (await list()).find((job) => job.name === name)
      if (found === undefined) throw noSuchReplay(name)
      return found
    },
    add: (job) =>
      changeJobs((jobs) => {
        if (jobs.some(({ name }) => name === job.name)) throw replayExists(job.name)
        return [...jobs, job]
      }),
    async change(name, changed) {
      let result: Job | null = null
      await changeJobs((jobs) => {
        const at = jobs.findIndex((job) => job.name === name)
        if (at < 0) throw noSuchReplay(name)
        result = changed(jobs[at]!)
        return result === null ? jobs.toSpliced(at, 1) : jobs.with(at, result)
      })
      return result
    },
    async running(name) {
      const text = await read(keys.run(name))
      return text === null ? null : replayRunSchema.parse(JSON.parse(text))
    },
    async tellRunning(name, run) {
      const text = JSON.stringify(run)
      await ask('say that a replay runs', () => redis.set(keys.run(name), text, 'PX', RUN_FORGOTTEN_MS))
    },
    async tellStopped(name) {
      await ask('say that a replay stopped', () => redis.del(keys.run(name)))
    },
  }
}

/** Texts that several processes change. */
export function textsOf(redis: RedisClient, ask: Ask) {
  const replaceScript = scriptOf('replace')
  const read = (key: string) => ask('read what replays there are', () => redis.get(key))
  return {
    read,
    /** Reads, changes and writes, again when somebody else was faster; '' is nothing. */
    async change(key: string, changed: (text: string | null) => string): Promise<void> {
      for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
        const was = await read(key)
        const will = changed(was)
        if (will === (was ?? '')) return
        const answer = await ask('write what replays there are', () =>
          evaluate(replaceScript, ({ name, script }) => redis[name](script, 1, key, was ?? '', will)),
        )
        if (Number(answer) === 1) return
      }
      throw new OperatorError(
        'replay_busy',
        'Others change the replays of this feed all the time: try again.',
      )
    },
  }
}

/** Whether its process says so again; the word of one that was killed is forgotten after a while. */
export async function stillRuns(
  { running }: Pick<Jobs<{ name: string }>, 'running'>,
  name: string,
): Promise<ReplayRun | null> {
  const before = await running(name)
  if (before === null) return null
  const endMs = Date.now() + RUN_FORGOTTEN_MS + 1_000
  for (;;) {
    const run = await running(name)
    if (run === null) return null
    if (run.atMs !== before.atMs) return run
    if (Date.now() > endMs) return null
    await new Promise((wake) => setTimeout(wake, 100))
  }
}

/** Before what a cancelled one made is removed: what its process wrote afterwards would be left. @throws OperatorError `replay_runs_on` */
export async function untilNobodyRuns(
  { running }: Pick<Jobs<{ name: string }>, 'running'>,
  name: string,
): Promise<void> {
  const endMs = Date.now() + CANCEL_WAIT_MS
  while ((await running(name)) !== null) {
    if (Date.now() > endMs)
      throw new OperatorError(
        'replay_runs_on',
        `The process that runs ${name} does not stop: end it, then \`feedloop replay cancel ${name}\` again.`,
      )
    await new Promise((wake) => setTimeout(wake, 100))
  }
}

export const replayExists = (name: string) =>
  new OperatorError(
    'replay_exists',
    `There is a replay ${name} already: go on with \`feedloop replay resume ${name}\`, or remove it and what it made with \`feedloop replay cancel ${name}\`.`,
  )
