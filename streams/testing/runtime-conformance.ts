import assert from 'node:assert/strict'
import type { TopicKey } from '#schemas'
import { sampleRecords } from '#schemas/testing'
import {
  expected,
  interaction,
  ofUser,
  recordingStage,
  type RuntimeConformanceCase,
  started,
  writeInteractions,
} from './conformance-harness.ts'
import { crashLoopConformance } from './crash-loop-conformance.ts'
import { endOfLogConformance } from './end-of-log-conformance.ts'
import { verdictConformance } from './verdict-conformance.ts'

export type { RuntimeConformanceCase, RuntimeHarness } from './conformance-harness.ts'

/**
 * What services may rely on, of any Runtime. Run by topology-test-driver.test.ts on the driver and by
 * kafka-runtime.services.test.ts on a real broker. Needs limits.retryAttemptsMax 3 and a short retryDelayMs.
 */
export const runtimeConformance: readonly RuntimeConformanceCase[] = [
  {
    name: 'a stage gets every record, each key in order, in batches that follow one another',
    async run(harness) {
      const stage = recordingStage()
      const running = await started(harness, stage)
      await writeInteractions(harness, 6, 20)
      await harness.until(() => stage.seen.length === 120, '120 records')
      for (let user = 0; user < 6; user++) assert.deepEqual(ofUser(stage.seen, user), expected(user, 20))
      const next = new Map<number, number>()
      for (const { partition, firstOffset, nextOffset } of stage.batches) {
        assert.equal(firstOffset, next.get(partition) ?? 0)
        next.set(partition, nextOffset)
      }
      await running.stop()
      await running.done
      assert.deepEqual(stage.closes.sort(), stage.opens.sort())
    },
  },
  {
    name: 'a stage that stopped goes on where it was',
    async run(harness) {
      const first = recordingStage()
      const running = await started(harness, first)
      await writeInteractions(harness, 4, 5)
      await harness.until(() => first.seen.length === 20, 'the first 20')
      await running.stop()
      await writeInteractions(harness, 4, 5, 5)
      const second = recordingStage()
      const again = await started(harness, second)
      await harness.until(() => second.seen.length === 20, 'the next 20')
      for (let user = 0; user < 4; user++) assert.deepEqual(ofUser(second.seen, user), expected(user, 5, 5))
      await again.stop()
    },
  },
  {
    name: 'opened may say where to begin',
    async run(harness) {
      await writeInteractions(harness, 1, 10)
      const partition = harness.runtime.partitionOf('interactions', 'u-0')
      const opened = (_: TopicKey, opening: number) => Promise.resolve(opening === partition ? 7 : undefined)
      const stage = recordingStage({ opened })
      const running = await started(harness, stage)
      await harness.until(() => stage.seen.length === 3, 'the last three')
      assert.deepEqual(stage.seen, expected(0, 3, 7))
      await running.stop()
    },
  },
  {
    name: 'latest begins with what is written after ready',
    async run(harness) {
      await writeInteractions(harness, 3, 5)
      const stage = recordingStage({ startFrom: 'latest' })
      const running = await started(harness, stage)
      await writeInteractions(harness, 3, 2, 5)
      await harness.until(() => stage.seen.length === 6, 'six new records')
      for (let user = 0; user < 3; user++) assert.deepEqual(ofUser(stage.seen, user), expected(user, 2, 5))
      await running.stop()
    },
  },
  {
    name: 'a stage may seek back',
    async run(harness) {
      let sought = false
      const stage = recordingStage({
        act({ nextOffset }) {
          if (sought || nextOffset < 6) return Promise.resolve({ kind: 'done' })
          sought = true
          return Promise.resolve({ kind: 'seek', offset: 2 })
        },
      })
      const running = await started(harness, stage)
      await writeInteractions(harness, 1, 6)
      await harness.until(() => sought && stage.seen.length === 10, 'six records and four again')
      assert.deepEqual(stage.seen, [...expected(0, 6), ...expected(0, 4, 2)])
      await running.stop()
    },
  },
  {
    name: 'a stage may commit less than it read',
    async run(harness) {
      const first = recordingStage({
        act: ({ nextOffset }) => Promise.resolve({ kind: 'done', commit: Math.max(0, nextOffset - 3) }),
      })
      const running = await started(harness, first)
      await writeInteractions(harness, 1, 8)
      await harness.until(() => first.seen.length === 8, 'eight records')
      await running.stop()
      const second = recordingStage()
      const again = await started(harness, second)
      await harness.until(() => second.seen.length === 3, 'three again')
      assert.deepEqual(second.seen, expected(0, 3, 5))
      await again.stop()
    },
  },
  {
    name: 'a batch that throws stops the stage, and its records come again',
    async run(harness) {
      const broken = recordingStage({ act: () => Promise.reject(new Error('broken on purpose')) })
      const running = await started(harness, broken)
      await writeInteractions(harness, 1, 3)
      await assert.rejects(harness.during(running.done), /broken on purpose/)
      await running.stop().catch(() => undefined)
      const sound = recordingStage()
      const again = await started(harness, sound)
      await harness.until(() => sound.seen.length === 3, 'three records')
      assert.deepEqual(sound.seen, expected(0, 3))
      await again.stop()
    },
  },
  {
    name: 'outputs of a batch are in the log once it is done, flushed or not; keys keep order and partition',
    async run(harness) {
      const { runtime } = harness
      const copies = recordingStage({
        act({ records }, outputs) {
          for (const { value } of records) {
            const { itemId } = interaction('u-0', 0)
            if (value !== null && 'interactionId' in value) {
              const copy = { ...sampleRecords.outcomes, itemId, outcomeId: value.interactionId }
              outputs.add('outcomes', { key: itemId, value: copy })
            }
          }
          return Promise.resolve({ kind: 'done' })
        },
      })
      const running = await started(harness, copies)
      await writeInteractions(harness, 1, 30)
      await harness.until(() => copies.seen.length === 30, '30 records')
      await running.stop()
      const raws = await harness.raw('outcomes')
      assert.deepEqual(
        raws.map(({ value }) => runtime.codec.decode('outcomes', value!).outcomeId),
        expected(0, 30),
      )
      const partition = runtime.partitionOf('outcomes', sampleRecords.interactions.itemId)
      assert.deepEqual([...new Set(raws.map((raw) => raw.partition))], [partition])
    },
  },
  {
    name: 'outputs of a service are acknowledged by flush, tombstones and given partitions included',
    async run(harness) {
      const outputs = await harness.runtime.outputs('service')
      outputs.add('users', { key: 'u-1', value: { ...sampleRecords.users, userId: 'u-1' } })
      outputs.add('users', { key: 'u-1', value: null })
      outputs.add('interactions', { key: 'u-1', value: interaction('u-1', 0), partition: 3 })
      await harness.during(outputs.flush())
      await outputs.flush()
      const users = await harness.raw('users')
      assert.deepEqual(
        users.map(({ key, value }) => [key?.toString(), value === null]),
        [
          ['u-1', false],
          ['u-1', true],
        ],
      )
      assert.deepEqual(
        (await harness.raw('interactions')).map(({ partition }) => partition),
        [3],
      )
      await outputs.close()
    },
  },
  {
    name: 'members share partitions, and p of all sources goes to the same one',
    async run(harness) {
      const sources: TopicKey[] = ['interactions', 'outcomes']
      const [one, two] = [recordingStage({ sources }), recordingStage({ sources })]
      const first = await started(harness, one)
      const other = await harness.another()
      const second = await started(harness, two, other)
      await harness.until(
        () => one.opens.length - one.closes.length === 4 && two.opens.length - two.closes.length === 4,
        'half each',
      )
      const { codec } = harness.runtime
      for (let user = 0; user < 12; user++) {
        const key = Buffer.from(`u-${user}`)
        await harness.write('outcomes', { key, value: codec.encode('outcomes', sampleRecords.outcomes) })
      }
      await writeInteractions(harness, 12, 3)
      await harness.until(() => one.seen.length + two.seen.length >= 48, '48 records')
      const partitionsOf = (stage: typeof one, topic: TopicKey) =>
        new Set(stage.batches.filter((batch) => batch.topic === topic).map(({ partition }) => partition))
      assert.deepEqual(
        [...partitionsOf(one, 'interactions')].sort(),
        [...partitionsOf(one, 'outcomes')].sort(),
      )
      assert.deepEqual(
        [...partitionsOf(two, 'interactions')].sort(),
        [...partitionsOf(two, 'outcomes')].sort(),
      )
      assert.equal(one.seen.length + two.seen.length, 48)
      await second.stop()
      await harness.until(() => one.opens.length - one.closes.length === 8, 'all partitions back')
      await first.stop()
    },
  },
  {
    name: 'topics of different widths are not joined',
    async run({ runtime }) {
      const stage = recordingStage({ sources: ['interactions', 'models'] })
      await assert.rejects(runtime.runStage(stage), { code: 'not_co_partitioned', policy: 'operator' })
    },
  },
  {
    name: 'a follower is ready on an empty topic, and follows',
    async run(harness) {
      const { runtime } = harness
      const seen: string[] = []
      const running = await runtime.follow({
        name: 'follower',
        topic: 'users',
        startFrom: 'earliest',
        record: ({ key, value }) => void seen.push(`${key?.toString()}:${value === null ? 'gone' : 'there'}`),
      })
      await harness.during(running.ready)
      assert.deepEqual(seen, [])
      const value = runtime.codec.encode('users', sampleRecords.users)
      await harness.write('users', { key: Buffer.from('u-1'), value })
      await harness.write('users', { key: Buffer.from('u-1'), value: null })
      await harness.until(() => seen.length === 2, 'two records')
      assert.deepEqual(seen, ['u-1:there', 'u-1:gone'])
      await running.stop()
      await running.done
    },
  },
  {
    name: 'a follower has read what was there when it is ready, and leaves out what cannot be decoded',
    async run(harness) {
      const seen: string[] = []
      await writeInteractions(harness, 5, 4)
      await harness.write('interactions', { key: Buffer.from('bad'), value: Buffer.from('no avro') })
      const running = await harness.runtime.follow({
        name: 'follower',
        topic: 'interactions',
        startFrom: 'earliest',
        record: ({ value }) => void seen.push(value?.interactionId ?? 'tombstone'),
      })
      await harness.during(running.ready)
      assert.equal(seen.length, 20)
      for (let user = 0; user < 5; user++) assert.deepEqual(ofUser(seen, user), expected(user, 4))
      await running.stop()
    },
  },
  {
    name: 'offsets tell where a partition begins and ends',
    async run(harness) {
      await writeInteractions(harness, 1, 4)
      const partition = harness.runtime.partitionOf('interactions', 'u-0')
      assert.deepEqual(await harness.runtime.offsets('interactions', partition), {
        startOffset: 0,
        endOffset: 4,
      })
      const empty = (partition + 1) % 4
      assert.deepEqual(await harness.runtime.offsets('interactions', empty), { startOffset: 0, endOffset: 0 })
    },
  },
  ...endOfLogConformance,
  ...verdictConformance,
  ...crashLoopConformance,
]
