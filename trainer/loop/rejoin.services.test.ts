import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Command } from 'commander'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { compileFeatureSet, registerArchiveCommand, registerReplayCommands } from '#feature-store'
import { type Example, type Interaction, rejoinedTopic } from '#schemas'
import { catalogueOf, connectRuntime, deleteTopics, readTopic, silentLogger, untilStopped } from '#streams'
import { startFeedloop, until } from '#streams/testing'
import { describeServices } from '#streams/testing/services'
import { registerTrainerCommands } from '../commands.ts'
import { examplesReplays } from '../rejoin/rejoin-commands.ts'
import type { RejoinLook } from '../rejoin/rejoin-words.ts'
import { samplePrediction } from '../testing/sample-predictions.ts'
import { registerDatasetCommands } from './dataset/index.ts'
import type { ExportManifest } from './dataset/export/export-manifest.ts'
import { makeRunFolder } from './demo/fs-run-folder.ts'
import { deleteRecordsBefore } from './faults/kafka-plain-clients.ts'
import { feedSchema } from './feed.ts'
import { openOwnFeed, type OwnFeed } from './testing/own-feed.ts'
import { registerTrainCommands } from './train/commands.ts'

const PREDICTIONS = 2_400
const EVERY_MS = 2_000
const MINUTE_MS = 60_000
const HORIZON_MINUTES = 6
const NAME = 'long-likes'
/** Their horizon is not over when the log ends. */
const UNRIPE = 9

/** A click at once, and whether it was liked four minutes later: more often when the first feature is large. */
const isClicked = (number: number) => number % 5 === 0
const isLiked = (number: number) => (number * 7) % 10 < (number % 2 === 0 ? 6 : 1)
const userOf = (number: number) => `user-${String(number % 60)}`

const TRAINED = { shownWithinMinutes: 2, limits: { graceMinutes: 0.5 } }
const LIVE = { ...TRAINED, labels: { click: { positive: ['click'], shown: ['view'], horizonMinutes: 1 } } }
const LIKES = { positive: ['like'], shown: ['view'], horizonMinutes: HORIZON_MINUTES }
const CHANGED = { ...TRAINED, labels: { click: LIKES } }

describeServices('examples that are joined again with another label', (addresses) => {
  let feed: OwnFeed
  let folder: string
  const startMs = Date.now() - 4 * 60 * MINUTE_MS
  const closers: (() => unknown)[] = []

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'feedloop-rejoin-'))
    feed = await openOwnFeed(addresses, 'rejoin', { trainer: LIVE })
    closers.push(() => feed.close())
    closers.push(() => deleteTopics(addresses, [topicName()]))
    await produceAll()
  })
  afterAll(async () => {
    for (const close of closers.reverse()) await close()
    rmSync(folder, { recursive: true, force: true })
  })

  const config = () => feedSchema.parse({ prefix: feed.prefix, trainer: CHANGED })
  const topicName = () => rejoinedTopic(catalogueOf(config()).examples, NAME).name

  async function produceAll(): Promise<void> {
    const outputs = await feed.runtime.outputs('traffic')
    const { id: featureSetId, width } = compileFeatureSet(feed.config.features)
    for (let number = 0; number < PREDICTIONS; number++) {
      const occurredAtMs = startMs + number * EVERY_MS
      const [requestId, userId] = [`r-${String(number)}`, userOf(number)]
      const vector = Array.from({ length: width }, (_, at) =>
        at === 0 ? 1 - (number % 2) : number % (at + 3),
      )
      const sample = { requestId, userId, occurredAtMs, featureSetId, items: [{ itemId: 'i', vector }] }
      outputs.add('predictions', { key: userId, value: samplePrediction(sample) })
      tell(outputs, number, 'view', occurredAtMs + 50)
      if (isClicked(number)) tell(outputs, number, 'click', occurredAtMs + 100)
      if (isLiked(number)) tell(outputs, number, 'like', occurredAtMs + 4 * MINUTE_MS)
    }
    // Somebody looks at something in every partition when all but the last are final.
    const lastMs = startMs + (PREDICTIONS - 1 - UNRIPE) * EVERY_MS + 50 + (HORIZON_MINUTES + 0.5) * MINUTE_MS
    const partitions = new Map(
      Array.from({ length: 60 }, (_, n) => [feed.runtime.partitionOf('interactions', userOf(n)), n]),
    )
    expect(partitions.size).toBe(feed.runtime.partitionCount('interactions'))
    for (const number of partitions.values()) tell(outputs, number, 'view', lastMs, null)
    await outputs.flush()
    await outputs.close()
  }

  function tell(
    outputs: Awaited<ReturnType<OwnFeed['runtime']['outputs']>>,
    number: number,
    type: string,
    occurredAtMs: number,
    requestId: string | null = `r-${String(number)}`,
  ): void {
    const interactionId = `${String(number)}.${type}.${String(occurredAtMs)}`
    const [userId, itemId, position, value] = [userOf(number), 'i', 0, null]
    const told: Interaction = {
      interactionId,
      userId,
      itemId,
      type,
      occurredAtMs,
      requestId,
      position,
      value,
    }
    outputs.add('interactions', { key: userId, value: told })
  }

  /** A command in this process, with the changed labels; what it printed. */
  async function feedloop(argv: readonly string[], labels: object = CHANGED): Promise<string> {
    const feedOf = feedSchema.parse({ prefix: feed.prefix, trainer: labels })
    const context = {
      loadConfig: async () => feedOf,
      addresses: async () => addresses,
      connect: (clientId: string) =>
        connectRuntime({ addresses, config: feedOf, clientId, log: silentLogger }),
      untilStopped,
    }
    const program = new Command().exitOverride()
    registerReplayCommands(program, context, examplesReplays(context))
    registerArchiveCommand(program, context)
    registerDatasetCommands(program, context)
    registerTrainCommands(program, context)
    registerTrainerCommands(program, context)
    const streams = [process.stdout, process.stderr] as const
    const writes = streams.map((stream) => stream.write)
    let written = ''
    process.stdout.write = (text: string | Uint8Array) => ((written += String(text)), true)
    process.stderr.write = () => true
    try {
      await program.parseAsync([...argv], { from: 'user' })
    } finally {
      for (const [at, stream] of streams.entries()) stream.write = writes[at]!
    }
    return written
  }
  const status = async () => JSON.parse(await feedloop(['replay', 'status', NAME, '--json'])) as RejoinLook

  async function joined(): Promise<Example[]> {
    const examples: Example[] = []
    for await (const { value } of readTopic({ addresses, topicName: topicName() }))
      examples.push(feed.runtime.codec.decode('examples', value!))
    return examples
  }

  it('killed in the middle it goes on, and has every example once, with the labels that count now', async () => {
    const runFolder = makeRunFolder({ prefix: feed.prefix, trainer: CHANGED })
    closers.push(() => runFolder.remove())
    const argv = ['replay', 'start', '--what', 'examples', '--from', '0', '--into', NAME, '--rate', '1000/s']
    const first = startFeedloop(argv, addresses, { FEEDLOOP_CONFIG: runFolder.feedFile })
    closers.push(() => first.kill())
    first.mayEnd()
    await until('it has joined some', async () => {
      const looks = JSON.parse(await feedloop(['replay', 'list', '--json'])) as RejoinLook[]
      return (looks[0]?.examples ?? 0) > 200
    })
    await first.kill()
    const { progress, examples } = await status()
    expect(progress.left).toBeGreaterThan(0)
    expect(examples).toBeLessThan(PREDICTIONS - UNRIPE)
    await expect(feedloop(['replay', 'resume', NAME], LIVE)).rejects.toThrow('begun with other labels')
    const told = JSON.parse(
      await feedloop(['replay', 'resume', NAME, '--rate', '100000/s', '--json']),
    ) as object
    expect(told).toMatchObject({ end: 'done', left: 0, unripe: UNRIPE, examples: PREDICTIONS - UNRIPE })

    const found = await joined()
    const liked = new Map(found.map(({ requestId, labels }) => [requestId, labels]))
    expect(found).toHaveLength(liked.size)
    for (let number = 0; number < PREDICTIONS - UNRIPE; number++) {
      const expected = [{ name: 'click', value: isLiked(number) ? 1 : 0 }]
      if (JSON.stringify(liked.get(`r-${String(number)}`)) !== JSON.stringify(expected))
        expect([number, liked.get(`r-${String(number)}`)]).toEqual([number, expected])
    }
  })

  it('its examples train a model, which is taken in like any other; joined from the log they are the same', async () => {
    const out = (name: string) => path.join(folder, name)
    const exported = async (name: string, ...flags: string[]) =>
      JSON.parse(
        await feedloop(['dataset', 'export', ...flags, '--out', out(name), '--json']),
      ) as ExportManifest
    const rows = await exported('rows', '--examples', NAME)
    expect(rows).toMatchObject({ topic: topicName(), counts: { rows: PREDICTIONS - UNRIPE, duplicates: 0 } })
    const fromLog = await exported('from-log', '--from-log')
    expect(fromLog).toMatchObject({ isFromLog: true, counts: { rows: PREDICTIONS - UNRIPE, duplicates: 0 } })

    await feedloop(['train', '--examples', out('rows'), '--learner', 'gbdt', '--out', out('runs')])
    const [run] = readdirSync(out('runs'))
    const [model, manifest] = ['model.onnx', 'manifest.json'].map((file) =>
      path.join(out('runs'), run!, file),
    )
    const imported = JSON.parse(
      await feedloop(['models', 'import', model!, '--manifest', manifest!, '--json']),
    ) as { modelId: string }
    expect(await feedloop(['models', 'list'])).toContain(imported.modelId)
    await feedloop(['replay', 'cancel', NAME])
    await expect(status()).rejects.toThrow('There is no replay')
    await expect(feedloop(['dataset', 'export', '--examples', NAME, '--out', out('gone')])).rejects.toThrow(
      'There is no topic',
    )
  })

  it('begins where the archive does, when Kafka no longer has the range', async () => {
    const out = path.join(folder, 'archive')
    const topics = ['predictions', 'outcomes', 'interactions'] as const
    await feedloop(['archive', '--out', out, '--topics', topics.join(), '--once'])
    for (const topic of topics) {
      const ends = await Promise.all(
        Array.from({ length: feed.runtime.partitionCount(topic) }, (_, p) => feed.runtime.offsets(topic, p)),
      )
      const upTo = ends.map(({ endOffset }) => Math.floor(endOffset / 2))
      await deleteRecordsBefore(addresses, feed.runtime.topicName(topic), upTo)
    }
    const argv = ['replay', 'start', '--what', 'examples', '--from', '0', '--into', NAME, '--json']
    const begun = async (...flags: string[]) =>
      JSON.parse(await feedloop([...argv, ...flags])) as { examples: number; left: number }
    const without = await begun()
    expect(without.left).toBe(0)
    expect(without.examples).toBeLessThan(0.6 * PREDICTIONS)
    await feedloop(['replay', 'cancel', NAME])

    expect(await begun('--archive', out)).toMatchObject({ left: 0, examples: PREDICTIONS - UNRIPE })
    for (const { requestId, labels } of await joined())
      expect([requestId, labels]).toEqual([
        requestId,
        [{ name: 'click', value: isLiked(Number(requestId.slice(2))) ? 1 : 0 }],
      ])
    const rows = path.join(folder, 'from-archive')
    const exported = await feedloop(['dataset', 'export', '--archive', out, '--out', rows, '--json'])
    expect(JSON.parse(exported)).toMatchObject({ isFromLog: true, counts: { rows: PREDICTIONS - UNRIPE } })
  })
})
