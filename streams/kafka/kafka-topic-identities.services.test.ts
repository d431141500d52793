import { expect, it } from 'vitest'
import { expected, recordingStage, started, writeInteractions } from '../testing/conformance-harness.ts'
import { openKafkaHarness } from '../testing/kafka-harness.ts'
import { describeServices } from '../testing/services.ts'
import { catalogueOf } from './kafka-runtime.ts'
import { applyTopics, deleteTopics, withAdmin } from './kafka-topics.ts'
import { silentLogger } from '../log.ts'

describeServices('which topic it is', (addresses) => {
  it('a topic made anew with more records than were read is another one, and read from its beginning', async () => {
    const harness = await openKafkaHarness(addresses)
    const { config, runtime } = harness
    try {
      const partition = runtime.partitionOf('interactions', 'u-0')
      const before = await runtime.topicIdentity('interactions')
      expect(before?.text).toMatch(/^[\w-]{22}:4$/)
      expect(await runtime.topicIdentity('interactions')).toEqual(before)
      const stage = recordingStage()
      const running = await started(harness, stage)
      await writeInteractions(harness, 1, 3)
      await harness.until(() => stage.seen.length === 3, 'three records')
      await running.stop()

      await deleteTopics(addresses, [runtime.topicName('interactions')])
      await applyTopics(addresses, [catalogueOf(config).interactions])
      await writeInteractions(harness, 1, 5)
      expect((await runtime.offsets('interactions', partition)).endOffset).toBe(5)
      // Brokers forget what a group committed of a topic that is deleted; a fence in Redis stays.
      expect((await runtime.topicIdentity('interactions'))?.text).not.toBe(before?.text)
      const anew = recordingStage()
      const again = await started(harness, anew)
      await harness.until(() => anew.seen.length === 5, 'all five')
      expect(anew.seen).toEqual(expected(0, 5))
      await again.stop()
    } finally {
      await harness.close()
    }
  })

  it('a topic that is widened ends what runs within seconds, whichever topic it is', async () => {
    const harness = await openKafkaHarness(addresses)
    try {
      const running = await started(harness, recordingStage())
      const follower = await harness.runtime.follow({
        name: 'watching',
        topic: 'models',
        startFrom: 'earliest',
        record: () => undefined,
      })
      const widenedMs = Date.now()
      await withAdmin(addresses.kafka, silentLogger, (admin) =>
        admin.createPartitions({
          topicPartitions: [{ topic: harness.runtime.topicName('users'), count: 6 }],
        }),
      )
      for (const { done } of [running, follower])
        await expect(done).rejects.toMatchObject({ code: 'partitions_differ' })
      expect(Date.now() - widenedMs).toBeLessThan(15_000)
    } finally {
      await harness.close()
    }
  })

  it('a topic made anew under a running stage ends it, and tells what to do', async () => {
    const harness = await openKafkaHarness(addresses)
    const { config, runtime } = harness
    try {
      const stage = recordingStage()
      const running = await started(harness, stage)
      await writeInteractions(harness, 1, 3)
      await harness.until(() => stage.seen.length === 3, 'three records')
      await deleteTopics(addresses, [runtime.topicName('interactions')])
      await applyTopics(addresses, [catalogueOf(config).interactions])
      await expect(running.done).rejects.toMatchObject({ code: 'topic_changed' })
    } finally {
      await harness.close()
    }
  })

  it('a topic that was widened is refused by whoever starts, and by whoever runs', async () => {
    const harness = await openKafkaHarness(addresses)
    const { config, runtime } = harness
    try {
      await withAdmin(addresses.kafka, silentLogger, (admin) =>
        admin.createPartitions({ topicPartitions: [{ topic: runtime.topicName('requests'), count: 6 }] }),
      )
      await expect(harness.another()).rejects.toMatchObject({ code: 'partitions_differ' })
      await expect(runtime.topicIdentity('requests')).rejects.toThrow(/has 6 partitions.*say 4/)
      expect(config.kafka.partitions).toBe(4)
    } finally {
      await harness.close()
    }
  })
})
