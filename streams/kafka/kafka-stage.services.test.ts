import { expect, it } from 'vitest'
import { topicLags } from './kafka-lag.ts'
import { expected, recordingStage, started, writeInteractions } from '../testing/conformance-harness.ts'
import { openKafkaHarness } from '../testing/kafka-harness.ts'
import { describeServices } from '../testing/services.ts'

describeServices('a stage on a real broker', (addresses) => {
  it('that lost its partitions in the middle of a batch does not commit', async () => {
    const harness = await openKafkaHarness(addresses, {
      rebalanceTimeoutMs: 1_000,
      heartbeatIntervalMs: 300,
      sessionTimeoutMs: 6_000,
    })
    try {
      let goOn!: () => void
      const gate = new Promise<void>((resolve) => (goOn = resolve))
      const zombie = recordingStage({
        async act() {
          await gate
          return { kind: 'done', commit: 1 }
        },
      })
      const slow = await started(harness, zombie)
      await writeInteractions(harness, 1, 6)
      await harness.until(() => zombie.batches.length === 1, 'a batch at work')

      const heir = recordingStage()
      const other = await started(harness, heir, await harness.another())
      await harness.until(() => heir.seen.length === 6, 'the heir has read everything')
      expect(heir.seen).toEqual(expected(0, 6))
      const committed = async () => {
        const lags = await topicLags(addresses, harness.config.prefix)
        return lags.map(({ committedOffset }) => committedOffset)
      }
      await expect.poll(committed, { timeout: 5_000 }).toEqual([6])

      expect(zombie.closes).toEqual([])
      goOn()
      await harness.until(() => zombie.opens.length > 4, 'the old member is back in the group')
      expect(zombie.closes.length).toBe(4)
      await slow.stop()
      await other.stop()
      expect(await committed()).toEqual([6])
    } finally {
      await harness.close()
    }
  })

  it('keeps its partitions during a batch that is longer than the session', async () => {
    const harness = await openKafkaHarness(addresses, { heartbeatIntervalMs: 500, sessionTimeoutMs: 6_000 })
    try {
      const stage = recordingStage({
        async act() {
          await new Promise((resolve) => setTimeout(resolve, 7_500))
          return { kind: 'done' }
        },
      })
      const running = await started(harness, stage)
      await writeInteractions(harness, 1, 3)
      await harness.until(() => stage.seen.length === 3, 'three records')
      await new Promise((resolve) => setTimeout(resolve, 1_000))
      expect(stage.opens.length).toBe(4)
      expect(stage.seen).toEqual(expected(0, 3))
      await running.stop()
    } finally {
      await harness.close()
    }
  })

  it('refuses to go on behind the end of a topic that was made anew', async () => {
    const harness = await openKafkaHarness(addresses)
    try {
      const stage = recordingStage({ opened: () => Promise.resolve(1_000) })
      const running = await harness.runtime.runStage(stage)
      await expect(running.done).rejects.toMatchObject({ code: 'offset_beyond_end', policy: 'operator' })
    } finally {
      await harness.close()
    }
  })
})
