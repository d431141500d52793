import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LOOP_SERVICES, stagesOf, topicCatalogue } from '#schemas'
import { hasPython, pythonWith } from '#schemas/testing'
import {
  type Addresses,
  applyTopics,
  environmentOf,
  type RawRecord,
  readTopic,
  streamsConfigSchema,
} from '#streams'
import {
  type FeedloopProcess,
  openSecureStack,
  type SecureStack,
  startFeedloop,
  until,
} from '#streams/testing'
import { makeRunFolder, type RunFolder } from '../demo/fs-run-folder.ts'

const REQUESTS = 2_000
/** Enough for a first model. */
const PAUSE_AT = 1_400
const PROMOTED_SECONDS_MAX = 300
/** How often what is liked stands before what is not: 0.5 by chance. */
const FOLLOWS_MIN = 0.8
/** What Kafka's record batches call lz4, and where they say so. */
const [CODEC_AT, CODEC_BITS] = [21, 7]
const [UNCOMPRESSED, LZ4] = [0, 3]

const prefix = `python-${randomUUID().slice(0, 8)}`
const config = streamsConfigSchema.parse({ prefix })
const catalogue = topicCatalogue({ prefix, ...config.kafka })
const file = (name: string) => path.join(import.meta.dirname, name)
const packages = readFileSync(file('requirements.txt'), 'utf8').trim().split('\n')
const confluent = packages.find((name) => name.startsWith('confluent-kafka'))!

/** What feed.py found. */
interface Found {
  requests: number
  answered: number
  records: number
  told: number
  byModel: number
  lastByModel: number
  withoutModel: number
  lastFollows: number
}

const isThere = await hasPython()

describe.skipIf(!isThere)(
  `a feed in Python on the secure stack (${isThere ? confluent : 'skipped: no python3'})`,
  () => {
    let stack: SecureStack
    let folder: RunFolder
    let operator: Addresses
    let python: string
    const services: FeedloopProcess[] = []

    beforeAll(async () => {
      python = await pythonWith(packages)
      stack = await openSecureStack(prefix)
      const labels = { click: { positive: ['click'], horizonMinutes: 10 } }
      // Hours are played in seconds: the pause must not begin while a model is being made.
      const trainer = { labels, retrain: { examplesWait: true }, limits: { fitMinutesMax: 2 } }
      folder = makeRunFolder({ prefix, trainer })
      operator = await stack.as('operator')
      await applyTopics(operator, Object.values(catalogue))
      for (const name of LOOP_SERVICES) {
        const service = run(['run', name], await stack.as(name))
        services.push(service)
        if (stagesOf(name).length > 0) await service.wrote('partitions_assigned')
      }
    })
    afterAll(async () => {
      await Promise.all(services.map((service) => service.kill()))
      folder?.remove()
      await stack?.close()
    })

    const run = (argv: string[], addresses: Addresses) =>
      startFeedloop(argv, addresses, { FEEDLOOP_CONFIG: folder.feedFile })

    it('is answered once for each of 2,000 requests, and its tastes are learned', async () => {
      const found = await playFeed()
      process.stdout.write(`${JSON.stringify(found)}\n`)
      expect(found).toMatchObject({ requests: REQUESTS, answered: REQUESTS, records: REQUESTS })
      expect(found.byModel).toBeGreaterThan(0)
      expect(found.lastByModel).toBe(300)
      expect(found.withoutModel).toBeGreaterThan(0.4)
      expect(found.withoutModel).toBeLessThan(0.6)
      expect(found.lastFollows).toBeGreaterThan(FOLLOWS_MIN)
      for (const service of services) service.mustRun()
      const records = {
        requests: await all('requests'),
        predictions: await all('predictions'),
        outcomes: await all('outcomes'),
        interactions: await all('interactions'),
      }
      expect(records.requests).toHaveLength(REQUESTS)
      expect(records.predictions).toHaveLength(REQUESTS)
      expect(records.outcomes).toHaveLength(found.told)
      expect(await all('deadLetters')).toEqual([])
      const placed = new Map<string, number>()
      for (const { key, partition } of Object.values(records).flat())
        expect(placed.get(String(key)) ?? partition).toBe(placed.set(String(key), partition).get(String(key)))
      // librdkafka leaves a batch as it is where compression would not make it smaller, as of one short record.
      const codecs = codecsOf(catalogue.requests.name)
      expect(codecs.delete(LZ4)).toBe(true)
      codecs.delete(UNCOMPRESSED)
      expect(codecs).toEqual(new Set())
    })

    /** Plays the feed; in the middle it waits for a model. */
    async function playFeed(): Promise<Found> {
      const child = spawn(python, [file('feed.py'), prefix, String(REQUESTS), String(PAUSE_AT)], {
        env: { PATH: process.env['PATH'], ...environmentOf(await stack.as('feed')) },
        stdio: ['pipe', 'pipe', 'pipe'],
      })
      let complaint = ''
      child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text))
      const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
      try {
        let last = ''
        for await (const line of createInterface(child.stdout)) {
          if (line === 'paused') {
            await until('a model to be promoted', hasChampion, PROMOTED_SECONDS_MAX)
            child.stdin.write('go on\n')
          } else last = line
        }
        if ((await ended) !== 0) throw new Error(complaint)
        return JSON.parse(last) as Found
      } finally {
        child.kill('SIGKILL')
        await ended
      }
    }

    async function hasChampion(): Promise<boolean> {
      for (const service of services) service.mustRun()
      const { stdout, stderr, exitCode } = await run(['models', 'list', '--json'], operator).ended
      if (exitCode !== 0) throw new Error(stderr)
      return (JSON.parse(stdout) as { stage: string }[]).some(({ stage }) => stage === 'champion')
    }

    async function all(topic: keyof typeof catalogue): Promise<RawRecord[]> {
      const records: RawRecord[] = []
      for await (const record of readTopic({ addresses: operator, topicName: catalogue[topic].name }))
        records.push(record)
      return records
    }

    /** As the broker keeps them: of the first batch of each partition. */
    function codecsOf(topic: string): Set<number> {
      const data = path.join(stack.dir, 'secure', 'kafka', 'data')
      const folders = readdirSync(data).filter((name) => name.startsWith(`${topic}-`))
      const logs = folders.map((name) => readFileSync(path.join(data, name, `${'0'.repeat(20)}.log`)))
      return new Set(
        logs.filter(({ length }) => length > 0).map((log) => log.readInt16BE(CODEC_AT) & CODEC_BITS),
      )
    }
  },
)
