import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Addresses } from '#streams'
import { type FeedloopProcess, startBuilt } from '#streams/testing'
import { carriedPerSecond, freshnessOf, medianSecondP99, type Quantiles, quantilesOf } from './freshness.ts'
import { openBenchFeed } from './kafka-bench-feed.ts'
import { loadOf, sentOf } from './open-load.ts'
import { startLoadGenerator } from './process-load-generator.ts'
import type { Workload } from './workload.ts'
import { readNotes } from './write-notes.ts'

export interface FreshnessRun {
  /** Interactions per second, offered. */
  perSecond: number
  /** ... and how many of them became visible meanwhile. */
  carriedPerSecond: number
  user: Quantiles
  /** Of users: the 99th percentile of each second, in the median. */
  medianSecondP99: number
  /** Of users, in the seconds after the rate has doubled, which nothing else counts. */
  onsetP99: number
  item: Quantiles
}

/**
 * What comes first, at half the rate, and is left out: caches are empty, and the compilers of the broker, the load
 * generator and feedloop take more of two cores than the load does. At the full rate a backlog of that would last.
 */
const WARM_UP_SECONDS = 25
/** Then the rate doubles, and compilers and collectors find their pace again: told by itself (`onsetP99`). */
const ONSET_SECONDS = 5
const MEASURED_SECONDS = 20

const here = path.dirname(fileURLToPath(import.meta.url))

/** Of the load generator's batches; the default of producers since Kafka 4.0 (KIP-1030). */
export const LINGER_MS = 5

export interface FreshnessOptions {
  workload: Omit<Workload, 'interactions'>
  /** How long the load generator lets a batch fill. */
  lingerMs: number
  /** Of the topics. */
  topicConfig: Record<string, string>
}

/** Offers a steady load to feedloop and measures how long interactions take to be visible in Redis. */
export async function measureFreshness(
  addresses: Addresses,
  { workload: ofWorkload, lingerMs, topicConfig }: FreshnessOptions,
  perSecond: number,
  say: (line: string) => void,
): Promise<FreshnessRun> {
  const warm = Math.round((perSecond * WARM_UP_SECONDS) / 2)
  const first = warm + perSecond * ONSET_SECONDS
  const workload = { ...ofWorkload, interactions: first + perSecond * MEASURED_SECONDS }
  say(`offering ${String(perSecond)} interactions per second`)
  const folder = await mkdtemp(path.join(tmpdir(), 'feedloop-freshness-'))
  const feed = await openBenchFeed(addresses, { ...workload, interactions: 0 }, topicConfig)
  let feedloop: FeedloopProcess | undefined
  try {
    const { interactions } = workload
    const loadFile = path.join(folder, 'load')
    await writeFile(loadFile, loadOf(feed.encode(workload), workload.partitions), { flush: true }) // not while we measure
    const task = { ...feed.task, interactions, writesFile: path.join(folder, 'writes') }
    feedloop = startBuilt('feedloop', path.join(here, 'process-feedloop.ts'), [JSON.stringify(task)], task)
    await feedloop.wrote('ready')
    feedloop.mayEnd()
    const load = { ...task, file: loadFile, records: interactions, perSecond, warm, lingerMs }
    const generator = await startLoadGenerator(load, say)
    generator.begin()
    const intended = await generator.intended
    const { stderr } = await feedloop.ended
    const writes = await readFile(task.writesFile).catch(() => {
      throw new Error(`feedloop did not see all interactions: ${stderr}`)
    })
    const sent = sentOf(workload, intended)
    const delays = freshnessOf(sent, readNotes(writes))
    const user = delays.user.slice(first)
    return {
      perSecond,
      carriedPerSecond: carriedPerSecond(sent, delays, sent[first]!.intendedMs, sent.at(-1)!.intendedMs),
      user: quantilesOf(user),
      medianSecondP99: medianSecondP99(sent.slice(first), user),
      onsetP99: quantilesOf(delays.user.slice(warm, first)).p99,
      item: quantilesOf(delays.item.slice(first)),
    }
  } finally {
    await feedloop?.kill()
    await feed.close()
    await rm(folder, { recursive: true, force: true })
  }
}
