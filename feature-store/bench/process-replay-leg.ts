import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Addresses } from '#streams'
import { startBuilt } from '#streams/testing'
import { benchFeatures } from './bench-features.ts'
import { freshnessOf, type Quantiles, quantilesOf } from './freshness.ts'
import { openBenchFeed } from './kafka-bench-feed.ts'
import { loadOf, sentOf } from './open-load.ts'
import { type Beside, type BesidePlan, openReplayBeside } from './process-replay-beside.ts'
import { startLoadGenerator } from './process-load-generator.ts'
import type { Workload } from './workload.ts'
import { readNotes } from './write-notes.ts'

export interface LegPlan {
  workload: Omit<Workload, 'interactions'>
  /** Interactions that are in the topic, and in the live states, before anything is measured. */
  history: number
  /** Live interactions a second. */
  perSecond: number
  /** For how long they count. */
  seconds: number
  lingerMs: number
  /** null: nothing runs beside them. */
  replay: Omit<BesidePlan, 'history'> | null
}

export interface LegRun {
  /** Of users: over the whole time that counts; beside a replay, until it has read what was there when it began. */
  live: Quantiles
  /** ... and only while the replay moved, without what a kill cost it. */
  whileReading: Quantiles | null
  replayed: Omit<Beside, 'windows'> | null
}

const WARM_UP_SECONDS = 10
const ONSET_SECONDS = 5

const here = path.dirname(fileURLToPath(import.meta.url))

/** One stretch of live traffic at a steady rate, with a replay beside it or without. */
export async function measureLeg(
  addresses: Addresses,
  { workload: ofWorkload, history, perSecond, seconds, lingerMs, replay }: LegPlan,
  say: (line: string) => void,
): Promise<LegRun> {
  const warm = Math.round((perSecond * WARM_UP_SECONDS) / 2)
  const first = warm + perSecond * ONSET_SECONDS
  const records = first + perSecond * seconds
  const workload = { ...ofWorkload, interactions: history + records }
  const folder = await mkdtemp(path.join(tmpdir(), 'feedloop-replay-bench-'))
  const feed = await openBenchFeed(addresses, { ...workload, interactions: history })
  const closers: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true }), () => feed.close()]
  try {
    const file = path.join(folder, 'load')
    // Not while we measure.
    await writeFile(file, loadOf(after(feed.encode(workload), history), workload.partitions), { flush: true })
    const writesFile = path.join(folder, 'writes')
    const task = { ...feed.task, interactions: workload.interactions, history, stays: true, writesFile }
    const live = startBuilt('feedloop', path.join(here, 'process-feedloop.ts'), [JSON.stringify(task)], task)
    closers.push(() => live.kill())
    await live.wrote('history applied')
    const generator = await startLoadGenerator({ ...task, file, records, perSecond, warm, lingerMs }, say)
    generator.begin()
    const feedFile = path.join(folder, 'feed.json')
    const { prefix } = task
    const { partitions } = workload
    await writeFile(feedFile, JSON.stringify({ prefix, kafka: { partitions }, features: benchFeatures() }))
    await sleep((WARM_UP_SECONDS + ONSET_SECONDS) * 1_000)
    const beside = replay && (await openReplayBeside(addresses, { prefix, partitions, feedFile }))
    if (beside !== null) closers.push(() => beside.close())
    await beside?.run({ ...replay!, history }, say)
    const intended = await generator.intended
    await live.wrote('all applied')
    const replayed = (await beside?.compared()) ?? null
    const sent = sentOf(workload, intended, history)
    const { user } = freshnessOf(sent, readNotes(await readFile(writesFile)))
    const delaysIn = (windows: readonly (readonly [number, number])[]) =>
      quantilesOf(
        user.filter((_, n) => {
          const { intendedMs } = sent[n]!
          return n >= first && windows.some(([from, to]) => intendedMs >= from && intendedMs < to)
        }),
      )
    if (replayed === null) return { live: delaysIn([[0, Infinity]]), whileReading: null, replayed }
    const { windows, ...told } = replayed
    const whole = [windows[0]![0], windows.at(-1)![1]] as const
    return { live: delaysIn([whole]), whileReading: delaysIn(windows), replayed: told }
  } finally {
    for (const close of closers.reverse()) await close()
  }
}

function* after<T>(values: Iterable<T>, count: number): Generator<T> {
  let n = 0
  for (const value of values) if (n++ >= count) yield value
}
