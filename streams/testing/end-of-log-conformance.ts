import assert from 'node:assert/strict'
import {
  expected,
  recordingStage,
  type RuntimeConformanceCase,
  type RuntimeHarness,
  started,
  writeInteractions,
} from './conformance-harness.ts'

const KEY = Buffer.from('u-0')

const takeBack = (harness: RuntimeHarness) =>
  harness.takeBack('interactions', { key: KEY, value: Buffer.from('nobody reads this') })

/** A log is read to its end when its last offset is passed, whatever lies there. */
export const endOfLogConformance: readonly RuntimeConformanceCase[] = [
  {
    name: 'a stage gets to the end of a log that ends in what was taken back, and commits it',
    async run(harness) {
      const { runtime } = harness
      const partition = runtime.partitionOf('interactions', 'u-0')
      await writeInteractions(harness, 1, 3)
      const stage = recordingStage()
      const running = await started(harness, stage)
      await harness.until(() => stage.seen.length === 3, 'three records')
      await takeBack(harness)
      await takeBack(harness)
      const { endOffset } = await runtime.offsets('interactions', partition)
      assert.equal(endOffset, 7)
      await harness.until(() => stage.batches.at(-1)?.nextOffset === endOffset, 'the end')
      assert.deepEqual(stage.seen, expected(0, 3))
      await running.stop()
      const again = recordingStage()
      const second = await started(harness, again)
      await writeInteractions(harness, 1, 1, 3)
      await harness.until(() => again.seen.length === 1, 'a record behind it')
      assert.equal(again.batches[0]?.nextOffset, 8)
      assert.deepEqual(again.seen, expected(0, 1, 3))
      await second.stop()
    },
  },
  {
    name: 'a stage gets to the end of a log that holds nothing else',
    async run(harness) {
      await takeBack(harness)
      const stage = recordingStage()
      const running = await started(harness, stage)
      await harness.until(() => stage.batches.at(-1)?.nextOffset === 2, 'the end')
      assert.deepEqual(stage.seen, [])
      await running.stop()
    },
  },
  {
    name: 'a follower is ready at the end of a log that ends in what was taken back, and follows',
    async run(harness) {
      await writeInteractions(harness, 1, 2)
      await takeBack(harness)
      const seen: string[] = []
      const running = await harness.runtime.follow({
        name: 'follower',
        topic: 'interactions',
        startFrom: 'earliest',
        record: ({ value }) => void seen.push(value?.interactionId ?? 'tombstone'),
      })
      await harness.during(running.ready)
      assert.deepEqual(seen, expected(0, 2))
      await takeBack(harness)
      await writeInteractions(harness, 1, 1, 2)
      await harness.until(() => seen.length === 3, 'what comes behind it')
      await running.stop()
    },
  },
]
