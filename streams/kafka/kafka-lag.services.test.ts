import { expect, it } from 'vitest'
import { type Codec, DecodeError } from '#schemas'
import { readDeadLetters } from './kafka-dead-letters.ts'
import { openLagReader, topicLags } from './kafka-lag.ts'
import { requeueDeadLetters } from './kafka-requeue.ts'
import { catalogueOf } from './kafka-runtime.ts'
import { interaction, recordingStage, started, writeInteractions } from '../testing/conformance-harness.ts'
import { openKafkaHarness } from '../testing/kafka-harness.ts'
import { describeServices } from '../testing/services.ts'
import type { Stage } from '../stage.ts'
import { deadLetter } from '../verdict.ts'

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of source) all.push(item)
  return all
}

describeServices('what operations see', (addresses) => {
  it('lag falls to nothing as a stage reads, and grows when it stops', async () => {
    const harness = await openKafkaHarness(addresses)
    const { prefix } = harness.config
    try {
      expect(await topicLags(addresses, prefix)).toEqual([])
      const stage = recordingStage()
      const running = await started(harness, stage)
      await writeInteractions(harness, 1, 6)
      await harness.until(() => stage.seen.length === 6, 'six records')
      await running.stop()
      await writeInteractions(harness, 1, 4, 6)
      const lags = await topicLags(addresses, prefix)
      const partition = harness.runtime.partitionOf('interactions', 'u-0')
      expect(lags).toEqual([
        {
          group: `${prefix}.conformance`,
          topic: `${prefix}.interactions.v1`,
          partition,
          committedOffset: 6,
          endOffset: 10,
          lagRecords: 4,
        },
      ])
      const reader = await openLagReader(addresses, prefix)
      expect((await reader.endOffsets(`${prefix}.interactions.v1`)).get(partition)).toBe(10)
      await reader.close()
    } finally {
      await harness.close()
    }
  })

  it('dead letters are listed, and requeued with the bytes they died with', async () => {
    const harness = await openKafkaHarness(addresses)
    try {
      const stage = recordingStage()
      const running = await started(harness, stage)
      await harness.write('interactions', { key: Buffer.from('u-0'), value: Buffer.from('bad bytes') })
      await harness.write('interactions', {
        key: Buffer.from('u-0'),
        value: Buffer.from([0, 0, 0x7f, 0xff, 0xff]),
      })
      await harness.until(() => stage.batches.at(-1)?.nextOffset === 2, 'two records')
      await running.stop()

      const topic = harness.runtime.topicName('deadLetters')
      const letters = await collect(readDeadLetters(addresses, topic, harness.runtime.codec))
      expect(letters.map(({ id, letter }) => [id, letter.reason])).toEqual([
        ['0/0', 'undecodable'],
        ['0/1', 'unknown_schema'],
      ])
      const requeue = (filter: object) =>
        requeueDeadLetters({
          addresses,
          catalogue: catalogueOf(harness.config),
          codec: harness.runtime.codec,
          prefix: harness.config.prefix,
          filter,
          limit: 10,
        })
      expect(await requeue({ reason: 'undecodable' })).toMatchObject({ requeued: 1, before: 0 })
      expect(await requeue({ reason: 'undecodable' })).toMatchObject({ requeued: 0, before: 1 })
      const raws = await harness.raw('interactions')
      expect(raws.map(({ offset, value }) => [offset, value?.toString('latin1')])).toEqual([
        [0, 'bad bytes'],
        [1, '\0\0\x7fÿÿ'],
        [2, 'bad bytes'],
      ])
      expect(raws[2]?.partition).toBe(raws[0]?.partition)
      expect(await collect(readDeadLetters(addresses, topic, harness.runtime.codec))).toHaveLength(2)
    } finally {
      await harness.close()
    }
  })

  it('a record comes back once when a second run goes through while the first reads letters', async () => {
    const harness = await openKafkaHarness(addresses)
    const { codec } = harness.runtime
    try {
      const stage = recordingStage()
      const running = await started(harness, stage)
      await harness.write('interactions', { key: Buffer.from('u-0'), value: Buffer.from('bad bytes') })
      await harness.until(() => stage.batches.at(-1)?.nextOffset === 1, 'a dead letter')
      await running.stop()
      const requeue = (own: Codec) =>
        requeueDeadLetters({
          addresses,
          catalogue: catalogueOf(harness.config),
          codec: own,
          prefix: harness.config.prefix,
          filter: {},
          limit: 10,
        })
      let second: Promise<unknown> | null = null
      const pausing: Codec = {
        encode: (topic, record) => codec.encode(topic, record),
        decode: (topic, value) => {
          if (second !== null) return codec.decode(topic, value)
          throw new DecodeError('schema_not_loaded', 'for this test')
        },
        load: async () => {
          second = requeue(codec)
          expect(await second).toMatchObject({ requeued: 1 })
        },
      }
      await expect(requeue(pausing)).rejects.toMatchObject({ policy: 'operator', code: 'requeue_taken_over' })
      expect(await harness.raw('interactions')).toHaveLength(2)
    } finally {
      await harness.close()
    }
  })

  it('a record that two stages gave up comes back once, and to the partition that is its own', async () => {
    const harness = await openKafkaHarness(addresses)
    const { runtime, config } = harness
    try {
      const right = runtime.partitionOf('interactions', 'u-0')
      const wrong = (right + 1) % 4
      const key = Buffer.from('u-0')
      const value = runtime.codec.encode('interactions', interaction('u-0', 1))
      const refuse = () => deadLetter<never>('wrong_partition', 'on purpose')
      const stages = ['one', 'two'].map((name) =>
        recordingStage({ name, steps: { interactions: [refuse] } as NonNullable<Stage['steps']> }),
      )
      const running = await Promise.all(stages.map((stage) => started(harness, stage)))
      await harness.write('interactions', { key, value, partition: wrong })
      await harness.until(() => stages.every(({ batches }) => batches.length === 1), 'both have given it up')
      await Promise.all(running.map((stage) => stage.stop()))
      const requeue = () =>
        requeueDeadLetters({
          addresses,
          catalogue: catalogueOf(config),
          codec: runtime.codec,
          prefix: config.prefix,
          filter: { reason: 'wrong_partition' },
          limit: 10,
        })
      expect(await requeue()).toEqual({ requeued: 1, sameRecord: 1, before: 0, left: [] })
      expect(await requeue()).toEqual({ requeued: 0, sameRecord: 0, before: 2, left: [] })
      const raws = await harness.raw('interactions')
      expect(raws.map(({ partition }) => partition).sort()).toEqual([right, wrong].sort())
    } finally {
      await harness.close()
    }
  })
})
