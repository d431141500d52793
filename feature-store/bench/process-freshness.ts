import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { type Addresses, partitionOf } from '#streams'
import { startBuilt, startJavaPeer } from '#streams/testing'
import { type AppliedWrite, freshnessOf, type Quantiles, quantilesOf, type Sent } from './freshness.ts'
import { openBenchFeed } from './kafka-bench-feed.ts'
import { interactionsOf, type Workload } from './workload.ts'

export interface FreshnessRun {
  /** Interactions per second, offered. */
  perSecond: number
  user: Quantiles
  item: Quantiles
}

/** What is left out at the start: code that is not compiled yet, empty caches. */
const WARM_UP_SHARE = 0.2

const here = path.dirname(fileURLToPath(import.meta.url))

/** Offers a steady load to feedloop and measures how long interactions take to be visible in Redis. */
export async function measureFreshness(
  addresses: Addresses,
  workload: Workload,
  perSecond: number,
  say: (line: string) => void,
): Promise<FreshnessRun> {
  const folder = await mkdtemp(path.join(tmpdir(), 'feedloop-freshness-'))
  const feed = await openBenchFeed(addresses, { ...workload, interactions: 0 })
  try {
    const { interactions } = workload
    const loadFile = path.join(folder, 'load')
    await writeFile(loadFile, await loadOf(feed.encode, workload))
    const task = { ...feed.task, interactions, writesFile: path.join(folder, 'writes') }
    const feedloop = startBuilt(
      'feedloop',
      path.join(here, 'process-feedloop.ts'),
      [JSON.stringify(task)],
      task,
    )
    await feedloop.wrote('ready')
    feedloop.mayEnd()
    const argv = [task.brokers.join(','), task.topic, loadFile, String(interactions), String(perSecond)]
    const load = await startJavaPeer(
      { file: path.join(here, 'peers/LoadGenerator.java'), heap: '1g' },
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
    const { stderr } = await feedloop.ended
    const writes = JSON.parse(
      await readFile(task.writesFile, 'utf8').catch(() => {
        throw new Error(`feedloop did not see all interactions: ${stderr}`)
      }),
    ) as AppliedWrite[]
    const sent = sentOf(workload, intended).slice(Math.floor(interactions * WARM_UP_SHARE))
    const { user, item } = freshnessOf(sent, writes)
    return { perSecond, user: quantilesOf(user), item: quantilesOf(item) }
  } finally {
    await feed.close()
    await rm(folder, { recursive: true, force: true })
  }
}

/** Partition, key and value of every record, as LoadGenerator.java reads them. */
async function loadOf(
  encode: (workload: Workload) => Iterable<{ key: string; value: Buffer }>,
  workload: Workload,
): Promise<Buffer> {
  const parts: Buffer[] = []
  for (const { key, value } of encode(workload)) {
    const keyBytes = Buffer.from(key)
    const head = Buffer.alloc(8)
    head.writeInt32BE(partitionOf(keyBytes, workload.partitions), 0)
    head.writeInt32BE(keyBytes.length, 4)
    const valueLength = Buffer.alloc(4)
    valueLength.writeInt32BE(value.length)
    parts.push(head, keyBytes, valueLength, value)
  }
  return Buffer.concat(parts)
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
