import { OperatorError, type RedisAddress, type RedisClient } from '#streams'
import { connectRedis } from '../redis-connect.ts'
import { askRedis } from '../redis-outage.ts'
import { evaluate, scriptOf } from '../redis-scripts.ts'
import { formatServing, parseServing, type Serving, servingKey } from '../serving.ts'
import { type OwnedSet, ownedSetsSchema } from './owned-set.ts'
import { removeStates, type RemovalOptions } from './redis-remove.ts'
import {
  noSuchReplay,
  type ReplayJob,
  replayJobSchema,
  type ReplayRun,
  replayRunSchema,
} from './replay-job.ts'

/** The replays of a feed and what they decide, in Redis beside its states. */
export interface Replays {
  list(): Promise<ReplayJob[]>
  /** @throws OperatorError `replay_unknown` */
  job(name: string): Promise<ReplayJob>
  /** @throws OperatorError `replay_exists` */
  add(job: ReplayJob): Promise<void>
  /** Changes a replay as it is now; null removes it. @throws OperatorError `replay_unknown` */
  change(name: string, change: (job: ReplayJob) => ReplayJob | null): Promise<ReplayJob | null>
  /** Who runs it now; null: nobody. */
  running(name: string): Promise<ReplayRun | null>
  /** Says that one runs it, for the next seconds. */
  tellRunning(name: string, run: ReplayRun): Promise<void>
  tellStopped(name: string): Promise<void>
  serving(statesId: string): Promise<Serving | null>
  changeServing(statesId: string, change: (serving: Serving | null) => Serving | null): Promise<void>
  /** Which sets the features services keep. */
  ownedSets(): Promise<OwnedSet[]>
  tellOwned(set: OwnedSet): Promise<void>
  /** Nobody keeps this set any more. */
  forgetOwned(featureSetId: string): Promise<void>
  /** Removes all keys of a pattern, a slice at a time. Answers how many. */
  remove(glob: string, options?: RemovalOptions): Promise<number>
  close(): Promise<void>
}

/** Without a word from its process for so long, nobody runs a replay. */
export const RUN_FORGOTTEN_MS = 4_000
/** Sets that no service has kept for so long are forgotten. */
const OWNED_FORGOTTEN_MS = 7 * 24 * 3_600_000
const ATTEMPTS_MAX = 50

/** @throws StoreUnreachableError and what else `openRedisStore` throws */
export async function openReplays(
  where: RedisAddress,
  prefix: string,
  commandTimeoutMs = 2_000,
): Promise<Replays> {
  const { redis, explain } = await connectRedis(where, commandTimeoutMs)
  const ask = <T>(operation: string, call: () => Promise<T>) => askRedis(operation, call, explain)
  const keys = {
    jobs: `${prefix}:@replays`,
    owned: `${prefix}:@owned`,
    run: (name: string) => `${prefix}:@replay-run:${name}`,
  }
  const { read, change } = textsOf(redis, ask)

  const list = async () => parseJobs(await read(keys.jobs))
  const changeJobs = (changed: (jobs: ReplayJob[]) => ReplayJob[]) =>
    change(keys.jobs, (text) => {
      const jobs = changed(parseJobs(text))
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
      let result: ReplayJob | null = null
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
    serving: async (statesId) => parseServing(await read(servingKey(prefix, statesId))),
    changeServing: (statesId, changed) =>
      change(servingKey(prefix, statesId), (text) => {
        const serving = changed(parseServing(text))
        return serving === null ? '' : formatServing(serving)
      }),
    ownedSets: async () => parseOwned(await read(keys.owned)),
    tellOwned: (set) =>
      change(keys.owned, (text) => {
        const others = parseOwned(text).filter(
          ({ featureSetId, atMs }) =>
            featureSetId !== set.featureSetId && set.atMs - atMs < OWNED_FORGOTTEN_MS,
        )
        return JSON.stringify([...others, set])
      }),
    forgetOwned: (gone) =>
      change(keys.owned, (text) => {
        const others = parseOwned(text).filter(({ featureSetId }) => featureSetId !== gone)
        return others.length === 0 ? '' : JSON.stringify(others)
      }),
    remove: (glob, options) => ask('remove states', () => removeStates(redis, glob, options)),
    async close() {
      redis.disconnect()
    },
  }
}

/** Texts that several processes change. */
function textsOf(redis: RedisClient, ask: <T>(operation: string, call: () => Promise<T>) => Promise<T>) {
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

const parseJobs = (text: string | null): ReplayJob[] =>
  text === null ? [] : replayJobSchema.array().parse(JSON.parse(text))

const parseOwned = (text: string | null): OwnedSet[] =>
  text === null ? [] : ownedSetsSchema.parse(JSON.parse(text))

const replayExists = (name: string) =>
  new OperatorError(
    'replay_exists',
    `There is a replay ${name} already: go on with \`feedloop replay resume ${name}\`, or remove it and its states with \`feedloop replay cancel ${name}\`.`,
  )
