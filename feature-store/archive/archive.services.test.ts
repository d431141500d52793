import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createPlainKafka } from '#streams'
import { until } from '#streams/testing'
import { describeServices } from '#streams/testing/services'
import type { FeatureStoreConfigInput } from '../config.ts'
import type { StatesComparison } from '../shadow/compare-states.ts'
import { openReplayFeed } from '../testing/replay-feed.ts'
import { filesOf } from './archive-index.ts'
import { type ArchiveFile, inOrder } from './archive-names.ts'
import { openArchiveFolder } from './fs-archive-place.ts'

const FEED: FeatureStoreConfigInput = {}

describeServices('an archive before the topics', (addresses) => {
  let feed: Awaited<ReturnType<typeof openReplayFeed>>
  let out: string

  beforeAll(async () => {
    feed = await openReplayFeed(addresses, FEED)
    out = join(feed.folder, 'archive')
    await feed.serve(FEED)
    await feed.traffic(2_000)
  })

  afterAll(() => feed.close())

  const filesOfTopic = async (topic: 'interactions' | 'itemInteractions') =>
    filesOf(openArchiveFolder(out), feed.runtime.topicName(topic))
  const chained = (files: readonly ArchiveFile[], partition: number) =>
    inOrder(files, partition).map(({ firstOffset, nextOffset }) => [firstOffset, nextOffset])

  test('killed again and again, its files hold every offset once', async () => {
    const argv = ['archive', '--out', out, '--file-bytes', '8K', '--flush', '1s'] as const
    for (let kill = 0; kill < 2; kill++) {
      const before = (await filesOfTopic('interactions')).length
      const running = feed.launch(FEED, ...argv)
      await until('it wrote some', async () => {
        running.mustRun()
        return (await filesOfTopic('interactions')).length > before
      })
      await running.kill()
      await feed.traffic(300)
    }
    const { runtime } = feed
    const last = feed.launch(FEED, ...argv, '--once', '--json')
    const { stdout } = await last.ended
    expect(JSON.parse(stdout)).toMatchObject({ lost: 0 })
    const files = await filesOfTopic('interactions')
    for (let p = 0; p < runtime.partitionCount('interactions'); p++) {
      const { endOffset } = await runtime.offsets('interactions', p)
      const chain = chained(files, p)
      expect(chain[0]?.[0] ?? 0).toBe(0)
      expect(chain.at(-1)?.[1] ?? 0).toBe(endOffset)
      for (const [at, [first]] of chain.entries()) if (at > 0) expect(first).toBe(chain[at - 1]![1])
    }
    expect(files.length).toBe(new Set(files.map(({ name }) => name)).size)
  })

  test('what retention took is read from it: the replay comes to the bytes of the whole log', async () => {
    const { runtime, replay, start, caughtUp } = feed
    const admin = createPlainKafka(addresses.kafka, { clientId: 'retention' }).admin()
    await admin.connect()
    try {
      for (const topic of ['interactions', 'itemInteractions'] as const) {
        const ends = await admin.fetchTopicOffsets(runtime.topicName(topic))
        const partitions = ends.map(({ partition, high }) => ({
          partition,
          offset: String(Math.floor(Number(high) / 2)),
        }))
        await admin.deleteTopicRecords({ topic: runtime.topicName(topic), partitions })
      }
    } finally {
      await admin.disconnect()
    }
    const running = start(FEED, 'start', '--into', 'whole', '--archive', out)
    await feed.traffic(300)
    await until('it has begun', async () => {
      running.mustRun()
      return (await feed.replays.list()).some(({ isPlanted }) => isPlanted)
    })
    await caughtUp('whole')
    expect(await replay<StatesComparison>(['diff', 'whole'])).toMatchObject({ isEqual: true, features: [] })
    await running.stop()
    await replay(['cancel', 'whole'])
  })

  test('a file that is missing is a sentence, and nothing is begun', async () => {
    const files = inOrder(await filesOfTopic('interactions'), 0)
    expect(files.length).toBeGreaterThan(3)
    const gone = files[1]!
    rmSync(join(out, gone.name))
    await expect(feed.replay(['start', '--into', 'holed', '--to', '5', '--archive', out])).rejects.toThrow(
      `the offsets ${String(gone.firstOffset)} to ${String(gone.nextOffset - 1)} are neither in the archive`,
    )
    expect(await feed.replays.list()).toEqual([])
  })
})
