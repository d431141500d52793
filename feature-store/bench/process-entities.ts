import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Command, InvalidArgumentError } from 'commander'
import { createRedis } from '#streams'
import { openTestStack, type ResultTable, startBuilt, tableText, writeResults } from '#streams/testing'
import { sweepExpired } from '../expiry/redis-sweep.ts'
import { openBenchFeed } from './kafka-bench-feed.ts'
import type { EntitiesReport, EntitiesTask } from './process-entities-member.ts'
import { WORKLOAD } from './workload.ts'

/** In Redis, of a user or an item with the features of the demo, key included (`npm run bench -- memory`). */
const ENTITY_BYTES = 350
/** Of the states that count, those that may lie beside them until they are removed. */
const DROPPED_SHARE = 1 / 2
const LOOK_EVERY_MS = 250
const MEMBER = path.join(path.dirname(fileURLToPath(import.meta.url)), 'process-entities-member.ts')

const positive = (text: string): number => {
  const value = Number(text)
  if (Number.isInteger(value) && value > 0) return value
  throw new InvalidArgumentError('must be a positive whole number.')
}

interface Options {
  json?: string
  ids: number
  max: number
}

await new Command('entities')
  .description(
    'what Redis and a features service take when all that comes is new: a user and an item with each interaction',
  )
  .option('--json <file>', 'write all numbers there')
  .option(
    '--ids <n>',
    'new users, and as many new items: 10 M ids unless told otherwise',
    positive,
    5_000_000,
  )
  .option('--max <n>', 'features.limits.entitiesMax', positive, 250_000)
  .action(async ({ json, ids, max }: Options) => {
    const stack = await openTestStack(new AbortController().signal, say, { measured: true })
    try {
      const table = tableOf(await measure(stack.addresses, ids, max), ids, max)
      process.stdout.write(`${tableText(table)}\n`)
      if (json !== undefined)
        writeResults(json, 'bench', { tables: { entities: table }, details: { ids, max } })
    } finally {
      await stack.close()
    }
  })
  .parseAsync(process.argv.slice(3), { from: 'user' })

interface Measured {
  last: EntitiesReport
  rssMiB: number
  /** Of Redis, beside what it takes empty. */
  redisMostBytes: number
  redisSweptBytes: number
  seconds: number
}

async function measure(
  addresses: Awaited<ReturnType<typeof openTestStack>>['addresses'],
  ids: number,
  entitiesMax: number,
): Promise<Measured> {
  say(`writing ${String(ids)} interactions of strangers`)
  const feed = await openBenchFeed(addresses, { ...WORKLOAD, interactions: ids, strangers: true })
  const redis = createRedis(addresses.redis)
  const used = async () => Number(/used_memory:(\d+)/.exec(await redis.info('memory'))![1])
  const emptyBytes = await used()
  const folder = await mkdtemp(path.join(tmpdir(), 'feedloop-entities-'))
  const task: EntitiesTask = { ...feed.task, entitiesMax, reportFile: path.join(folder, 'report.json') }
  const member = startBuilt('entities', MEMBER, [JSON.stringify(task)], addresses)
  const startedMs = performance.now()
  let [rssMiB, redisMostBytes] = [0, 0]
  try {
    for (;;) {
      await Promise.race([sleep(LOOK_EVERY_MS), member.ended])
      member.mustRun()
      redisMostBytes = Math.max(redisMostBytes, (await used()) - emptyBytes)
      const last = await reportIn(task.reportFile)
      rssMiB = Math.max(rssMiB, last?.rssMiB ?? 0)
      if (last === null || last.applied < ids) continue
      const seconds = (performance.now() - startedMs) / 1_000
      await sweepExpired(addresses.redis, { prefix: task.prefix, olderThanMs: Infinity, pauseMs: 0 })
      return { rssMiB, redisMostBytes, last, seconds, redisSweptBytes: (await used()) - emptyBytes }
    }
  } finally {
    await member.kill()
    redis.disconnect()
    await feed.close()
    await rm(folder, { recursive: true, force: true })
  }
}

async function reportIn(file: string): Promise<EntitiesReport | null> {
  const text = await readFile(file, 'utf8').catch(() => null) // it has not written yet
  return text === null ? null : (JSON.parse(text) as EntitiesReport)
}

function tableOf(measured: Measured, ids: number, entitiesMax: number): ResultTable {
  const { last, rssMiB, redisMostBytes, redisSweptBytes, seconds } = measured
  const budget = 2 * WORKLOAD.partitions * entitiesMax * ENTITY_BYTES
  const mebibytes = (bytes: number) => [bytes / 2 ** 20]
  return {
    columns: [
      { title: 'new ids', digits: 0 },
      { title: 'kept at most', digits: 0 },
      { title: 'kept', digits: 0 },
      { title: 'budget, MiB', digits: 0 },
      { title: 'and what waits for its removal, MiB', digits: 0 },
      { title: 'Redis at most, MiB', digits: 0 },
      { title: 'Redis swept, MiB', digits: 0 },
      { title: 'RSS at most, MiB', digits: 0 },
      { title: 'interactions/s', digits: 0 },
    ],
    rows: [
      [
        [2 * ids],
        [2 * WORKLOAD.partitions * entitiesMax],
        [last.entities],
        mebibytes(budget),
        mebibytes(budget * (1 + DROPPED_SHARE)),
        mebibytes(redisMostBytes),
        mebibytes(redisSweptBytes),
        [rssMiB],
        [ids / seconds],
      ],
    ],
  }
}

function say(line: string): void {
  process.stderr.write(`${line}\n`)
}
