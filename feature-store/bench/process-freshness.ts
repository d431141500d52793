import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { type Addresses, partitionOf } from '#streams'
import { type FeedloopProcess, startBuilt, startJavaPeer } from '#streams/testing'
import {
  carriedPerSecond,
  freshnessOf,
  medianSecondP99,
  type Quantiles,
  quantilesOf,
  type Sent,
} from './freshness.ts'
import { openBenchFeed } from './kafka-bench-feed.ts'
import { interactionsOf, type Workload } from './workload.ts'
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

/** Collections are short, and no threads of theirs wait for work. */
const LOAD_GENERATOR_FLAGS = ['-XX:+UseSerialGC']

const LOAD_PARTS_AT_ONCE = 100_000

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
    await writeFile(loadFile, loadOf(feed.encode, workload), { flush: true }) // not while we measure
    const task = { ...feed.task, interactions, writesFile: path.join(folder, 'writes') }
    feedloop = startBuilt('feedloop', path.join(here, 'process-feedloop.ts'), [JSON.stringify(task)], task)
    await feedloop.wrote('ready')
    feedloop.mayEnd()
    const argv = [
      task.kafka.brokers.join(','),
      task.topic,
      loadFile,
      String(interactions),
      String(perSecond),
      String(warm),
      String(lingerMs),
    ]
    const load = await startJavaPeer(
      { file: path.join(here, 'peers/LoadGenerator.java'), heap: '1g', flags: LOAD_GENERATOR_FLAGS },
      argv,
      say,
    )
    const intended = new Map<number, number[]>()
    for await (const line of createInterface(load.stdout!)) {
      const [word, partition, ...times] = line.split(' ')
      if (word === 'ready') load.stdin!.write('go\n')
      if (word === 'intended') intended.set(Number(partition), times.map(Number))
    }
    if (load.exitCode === null) await once(load, 'exit')
    if (load.exitCode !== 0) throw new Error(`the load generator ended with ${String(load.exitCode)}`)
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

/** Partition, key and value of every record, as LoadGenerator.java reads them. */
function* loadOf(
  encode: (workload: Workload) => Iterable<{ key: string; value: Buffer }>,
  workload: Workload,
): Generator<Buffer> {
  let parts: Buffer[] = []
  for (const { key, value } of encode(workload)) {
    const keyBytes = Buffer.from(key)
    const head = Buffer.alloc(8)
    head.writeInt32BE(partitionOf(keyBytes, workload.partitions), 0)
    head.writeInt32BE(keyBytes.length, 4)
    const valueLength = Buffer.alloc(4)
    valueLength.writeInt32BE(value.length)
    parts.push(head, keyBytes, valueLength, value)
    if (parts.length < LOAD_PARTS_AT_ONCE) continue
    yield Buffer.concat(parts)
    parts = []
  }
  yield Buffer.concat(parts)
}

/** The topic was empty: offsets count from 0 as the workload fills the partitions. */
function sentOf(workload: Workload, intended: ReadonlyMap<number, readonly number[]>): Sent[] {
  const filled = new Map<number, number>()
  return Array.from(interactionsOf(workload), ({ userId, itemId }) => {
    const partition = partitionOf(userId, workload.partitions)
    const offset = filled.get(partition) ?? 0
    filled.set(partition, offset + 1)
    const intendedMs = intended.get(partition)?.[offset] ?? NaN
    return { partition, offset, itemPartition: partitionOf(itemId, workload.partitions), intendedMs }
  })
}
