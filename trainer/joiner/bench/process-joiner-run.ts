import { createCodec, createMemoryRegistry, topicCatalogue } from '#schemas'
import { type Batch, type Outputs, type Runtime, silentLogger } from '#streams'
import { trainerConfigSchema } from '../../config.ts'
import { NOTHING_ERASED } from '../erase-pending.ts'
import { joinBatch } from '../join-batch.ts'
import { createJoinerLanes, type JoinerSource } from '../joiner-lanes.ts'
import { openScratchFile } from '../pending/fs-scratch-file.ts'
import type { JoinerRun } from './joiner-run.ts'
import { createWaitingFeed, EVERY_MS, PARTITIONS, SHOWN_PER_PREDICTION } from './waiting-feed.ts'

/** One contestant: `PENDING MEMORY_MIB`, in a process of its own. Answers a line of JSON. */

const MIB = 1_024 * 1_024
const START_MS = 1_700_000_000_000
const STEADY_PREDICTIONS = 20_000
const MINUTE_MS = 60_000
/** More than the time between two batches of a partition. */
const PASSED_MS = 10 * PARTITIONS * 500 * EVERY_MS

const [pending, memoryMiB] = process.argv.slice(2).map(Number) as [number, number]
process.stdout.write(`${JSON.stringify(await measure(pending, memoryMiB * MIB))}\n`)

async function measure(waiting: number, pendingBytesMax: number): Promise<JoinerRun> {
  const feed = createWaitingFeed(START_MS)
  const joiner = await openJoiner(waiting, pendingBytesMax, feed)
  const fill = await joiner.work(() => feed.asked < waiting)
  const steady = await joiner.work(() => feed.asked < waiting + STEADY_PREDICTIONS)
  const { rss, heapUsed } = process.memoryUsage()
  const sizes = joiner.sizes()
  const before = joiner.examples()
  const drain = await joiner.drain(waiting * EVERY_MS + PASSED_MS)
  const expected = feed.asked * SHOWN_PER_PREDICTION
  if (joiner.examples() !== expected)
    throw new Error(`${String(joiner.examples())} examples of ${String(expected)}`)
  await joiner.close()
  return {
    pending: sizes.waiting,
    fill,
    steady,
    drain: {
      examples: joiner.examples() - before,
      seconds: drain.seconds,
      cpuSeconds: drain.cpuSeconds,
    },
    rssBytes: rss,
    heapBytes: heapUsed,
    memoryBytes: sizes.memoryBytes,
    diskBytes: sizes.diskBytes,
    batchMsMax: sizes.batchMsMax,
  }
}

async function openJoiner(
  waiting: number,
  pendingBytesMax: number,
  feed: ReturnType<typeof createWaitingFeed>,
) {
  const config = trainerConfigSchema.parse({
    labels: {
      click: { positive: ['click'], shown: ['view'], horizonMinutes: (waiting * EVERY_MS) / MINUTE_MS },
    },
    shownWithinMinutes: 1 / 60,
    limits: {
      pendingBytesMax,
      pendingDiskBytesMax: 64 * 1_024 * MIB,
      graceMinutes: 0,
      streamJumpMinutesMax: 1e6,
    },
  })
  const codec = await createCodec(
    createMemoryRegistry(),
    topicCatalogue({ prefix: 'bench', partitions: PARTITIONS, replicationFactor: 1 }),
  )
  const nothing = () => undefined
  const runtime = {
    codec,
    log: silentLogger,
    signals: { count: nothing, gauge: nothing, observe: nothing },
    offsets: (source: string, partition: number) =>
      Promise.resolve({ startOffset: 0, endOffset: feed.endOffset(source, partition) }),
  } as unknown as Runtime
  const scratch = await openScratchFile()
  const lanes = createJoinerLanes(runtime, { config, scratch })
  for (let partition = 0; partition < PARTITIONS; partition++) lanes.of(partition)
  let examples = 0
  let batchMsMax = 0
  const outputs: Outputs = { add: () => void (examples += 1), flush: () => Promise.resolve() }

  async function join(batch: Batch<JoinerSource>): Promise<void> {
    const lane = lanes.of(batch.partition)
    const parts = { runtime, lanes, outputs, labelsOut: () => [], erased: NOTHING_ERASED }
    const result = await lanes.work(lane, () => joinBatch(parts, lane, batch))
    if (result.kind !== 'done') throw new Error('there is no room: give it more memory (--memory)')
  }

  async function timed(batches: Batch<JoinerSource>[], spent: Spent): Promise<void> {
    for (const batch of batches) {
      const [startMs, cpu] = [performance.now(), process.cpuUsage()]
      await join(batch)
      const { user, system } = process.cpuUsage(cpu)
      spent.seconds += (performance.now() - startMs) / 1_000
      spent.cpuSeconds += (user + system) / 1e6
      spent.records += batch.records.length
      batchMsMax = Math.max(batchMsMax, performance.now() - startMs)
    }
  }

  return {
    examples: () => examples,
    sizes: () => ({
      waiting: Array.from({ length: PARTITIONS }, (_, at) => lanes.of(at).window.pendingCount).reduce(
        (a, b) => a + b,
      ),
      memoryBytes: lanes.memoryBytes,
      diskBytes: lanes.diskBytes,
      batchMsMax,
    }),
    async work(isGoing: () => boolean): Promise<Spent> {
      const spent: Spent = { records: 0, seconds: 0, cpuSeconds: 0 }
      while (isGoing()) await timed(feed.next(), spent)
      return spent
    },
    async drain(ms: number): Promise<Spent> {
      const spent: Spent = { records: 0, seconds: 0, cpuSeconds: 0 }
      await timed(feed.pass(ms), spent)
      return spent
    },
    close: () => scratch.close(),
  }
}

interface Spent {
  records: number
  seconds: number
  cpuSeconds: number
}
