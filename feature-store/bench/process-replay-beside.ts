import { type Addresses, catalogueOf, streamsConfigSchema } from '#streams'
import { type FeedloopProcess, startFeedloop, until } from '#streams/testing'
import { compileFeatureSet } from '../feature-set.ts'
import { isReady } from '../fence.ts'
import { openRedisStore } from '../redis-store.ts'
import type { StatesComparison } from '../shadow/compare-states.ts'
import { layoutIdsOf } from '../shadow/owned-set.ts'
import type { ReplayProgress } from '../shadow/progress.ts'
import { REPLAY_TOPICS, type ReplayTopic } from '../shadow/replay-job.ts'
import { partitionTag, type StateStore } from '../state-store.ts'
import { benchFeatures } from './bench-features.ts'

export interface Beside {
  /** Between these moments (wall clock, ms) it moved. */
  windows: [from: number, to: number][]
  /** From its first start until it had read what was there then. */
  seconds: number
  /** How much of that it moved. */
  readingSeconds: number
  /** Interactions a second, of users, while it moved. */
  perSecond: number
  kills: number
  /** States that were held against the live ones in the end, and those that differ or could not be held at equal offsets. */
  compared: number
  different: number
}

export interface BesidePlan {
  /** Interactions that are there when it begins, at least. */
  history: number
  kills: number
  /** Interactions a second and side; null: what is left. */
  rate: number | null
  /** Of its process: 19 takes what is left. */
  niceness: number
}

const NAME = 'bench'
const POLL_MS = 50

/** `feedloop replay` beside the live service of a bench feed, in processes that are killed on the way. */
export async function openReplayBeside(
  addresses: Addresses,
  { prefix, partitions, feedFile }: { prefix: string; partitions: number; feedFile: string },
) {
  const store = await openRedisStore(addresses.redis, `${prefix}:${NAME}`)
  const { folded, hasReadAll } = fencesOf(store, prefix, partitions)
  const start = (...argv: string[]): FeedloopProcess =>
    startFeedloop(['replay', ...argv], addresses, { FEEDLOOP_CONFIG: feedFile })
  let running: FeedloopProcess | undefined
  let told: Pick<Beside, 'windows' | 'seconds' | 'readingSeconds' | 'perSecond' | 'kills'> | undefined

  async function jsonOf<T>(...argv: string[]): Promise<T> {
    const { stdout, stderr } = await start(...argv, '--json').ended
    if (stdout === '') throw new Error(stderr)
    return JSON.parse(stdout) as T
  }
  /** @returns when it moved for the first time since */
  async function moves(from: number): Promise<number> {
    await until('the replay to move', async () => (running!.mustRun(), (await folded()) > from), POLL_MS)
    return Date.now()
  }

  return {
    /** Until it has read what was there when it began. Goes on with what comes. */
    async run({ history, kills, rate, niceness }: BesidePlan, say: (line: string) => void): Promise<void> {
      const startedAtMs = Date.now()
      const windows: Beside['windows'] = []
      let done = 0
      let moved = 0
      const nice = ['--niceness', String(niceness)]
      const limit = rate === null ? [] : ['--rate', `${String(rate)}/s`]
      running = start('start', '--into', NAME, ...nice, ...limit)
      let killed = 0
      for (;;) {
        const fromMs = await moves(done)
        const from = await folded()
        const target = killed < kills ? (history * (killed + 1)) / (kills + 1) : Infinity
        await until(
          'the next kill or the end',
          async () => (running!.mustRun(), (await folded()) >= target || (await hasReadAll())),
          POLL_MS,
        )
        windows.push([fromMs, Date.now()])
        done = await folded()
        moved += done - from
        if (target === Infinity || (await hasReadAll())) break
        await running.kill()
        killed++
        say(`killed at ${String(done)} interactions`)
        running = start('resume', NAME, ...nice)
      }
      const readingSeconds = windows.reduce((sum, [from, to]) => sum + to - from, 0) / 1_000
      const seconds = (Date.now() - startedAtMs) / 1_000
      told = { windows, seconds, readingSeconds, perSecond: moved / readingSeconds, kills: killed }
      say(`replayed in ${seconds.toFixed(1)} s, killed ${String(killed)} times`)
    },
    /** When live traffic is over: waits until it has all, and holds it against the live states. */
    async compared(): Promise<Beside> {
      await until('the replay to be where the live service is', async () => {
        running!.mustRun()
        const { progress } = await jsonOf<{ progress: ReplayProgress }>('status', NAME)
        return progress.isCaughtUp
      })
      const diff = await jsonOf<StatesComparison>('diff', NAME)
      const sum = (of: (one: StatesComparison['topics'][number]) => number) =>
        diff.topics.reduce((total, one) => total + of(one), 0)
      return {
        ...told!,
        compared: sum(({ compared }) => compared),
        different: sum((o) => o.different + o.moving),
      }
    },
    async close() {
      await running?.kill()
      await store.close()
    },
  }
}

/** How far the replay is, by its fences. */
function fencesOf(store: Pick<StateStore, 'fences'>, prefix: string, partitions: number) {
  const catalogue = catalogueOf(streamsConfigSchema.parse({ prefix, kafka: { partitions } }))
  const layoutIds = layoutIdsOf(compileFeatureSet(benchFeatures()))
  const tagsOf = (topic: ReplayTopic) =>
    Array.from({ length: partitions }, (_, p) => partitionTag(catalogue[topic].name, p, layoutIds[topic]))
  return {
    /** Interactions in the states of users. */
    async folded(): Promise<number> {
      const fences = await store.fences(tagsOf('interactions'))
      return fences.reduce((sum, fence) => sum + (fence?.nextOffset ?? 0), 0)
    },
    /** What was there when it began. */
    async hasReadAll(): Promise<boolean> {
      const fences = await store.fences(REPLAY_TOPICS.flatMap(tagsOf))
      return fences.every((fence) => fence !== null && isReady(fence))
    },
  }
}
