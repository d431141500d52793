import type { Admin } from 'kafkajs'
import { afterEach, expect, it } from 'vitest'
import { silentLogger } from '../../log.ts'
import { createSignals, type SignalRegistry } from '../../signal-registry.ts'
import { expected, recordingStage, started, writeInteractions } from '../../testing/conformance-harness.ts'
import { type KafkaHarness, openKafkaHarness } from '../../testing/kafka-harness.ts'
import { describeServices } from '../../testing/services.ts'
import { createPlainKafka } from '../kafka-client.ts'

describeServices('retention passes a reader by', (addresses) => {
  const cleanups: (() => Promise<unknown>)[] = []
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
  })

  /** A feed whose errors and signals are kept, and somebody who deletes what is in its topics. */
  async function feed() {
    const errors: object[] = []
    const signals = createSignals()
    const log = { ...silentLogger, error: (fields: object) => void errors.push(fields) }
    const harness = await openKafkaHarness(addresses, {}, log, signals)
    cleanups.push(() => harness.close())
    const admin = createPlainKafka(addresses.kafka).admin()
    await admin.connect()
    cleanups.push(() => admin.disconnect())
    return { errors, signals, harness, admin }
  }
  async function deleteBefore(admin: Admin, { runtime }: KafkaHarness, offset: number): Promise<void> {
    const topic = runtime.topicName('interactions')
    await admin.fetchTopicOffsets(topic) // kafkajs must have heard of the topic
    const partition = runtime.partitionOf('interactions', 'u-0')
    await admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: String(offset) }] })
  }
  /** Where a record waits until it is told to go on. */
  function gateOf() {
    let reached = false
    let open!: () => void
    const opened = new Promise<void>((resolve) => (open = resolve))
    cleanups.push(() => Promise.resolve(open()))
    return {
      open,
      reached: () => reached,
      opened() {
        reached = true
        return opened
      },
    }
  }
  async function lostOf(signals: SignalRegistry): Promise<number> {
    const line = /^feedloop_records_lost_to_retention_total\{.*\} (\d+)$/m.exec(await signals.expose())
    return Number(line?.[1] ?? 0)
  }

  it('while it is down: it goes on at what is left and says how much is not', async () => {
    const { errors, signals, harness, admin } = await feed()
    const stage = recordingStage({ opened: () => Promise.resolve(undefined) })
    const first = await started(harness, stage)
    await writeInteractions(harness, 1, 10)
    await harness.until(() => stage.seen.length === 10, 'the first ten')
    await first.stop()
    await writeInteractions(harness, 1, 20, 10)
    await deleteBefore(admin, harness, 17)
    const second = await started(harness, stage)
    await harness.until(() => stage.seen.length === 23, 'what is left')
    await second.stop()
    expect(stage.seen.slice(10)).toEqual(expected(0, 13, 17))
    expect(await lostOf(signals)).toBe(7)
    expect(errors).toMatchObject([{ wanted: 10, first: 17, records: 7 }])
  })

  it.each(['earliest', 'latest'] as const)(
    'while it works, started from %s: never to the end, and never in silence',
    async (startFrom) => {
      const { errors, signals, harness, admin } = await feed()
      const gate = gateOf()
      const stage = recordingStage({
        startFrom,
        async act() {
          // The first batch takes as long as retention needs.
          if (stage.batches.length === 1) await gate.opened()
          return { kind: 'done' }
        },
      })
      const running = await started(harness, stage)
      await writeInteractions(harness, 1, 1)
      await harness.until(() => gate.reached(), 'the first batch')
      await writeInteractions(harness, 1, 30, 1)
      await deleteBefore(admin, harness, 21)
      gate.open()
      await harness.until(() => stage.seen.length >= 11, 'what is left')
      await running.stop()
      expect(stage.seen).toEqual([...expected(0, 1), ...expected(0, 10, 21)])
      expect(await lostOf(signals)).toBe(20)
      expect(errors).toMatchObject([{ wanted: 1, first: 21, records: 20 }])
    },
  )

  it('while a follower works', async () => {
    const { errors, signals, harness, admin } = await feed()
    const gate = gateOf()
    const seen: number[] = []
    const follower = await harness.runtime.follow({
      name: 'watcher',
      topic: 'interactions',
      startFrom: 'earliest',
      async record({ offset }) {
        seen.push(offset)
        if (seen.length === 1) await gate.opened()
      },
    })
    await writeInteractions(harness, 1, 1)
    await harness.until(() => gate.reached(), 'the first record')
    await writeInteractions(harness, 1, 30, 1)
    await deleteBefore(admin, harness, 21)
    gate.open()
    await harness.until(() => seen.length >= 11, 'what is left')
    await follower.stop()
    expect(seen).toEqual([0, ...Array.from({ length: 10 }, (_, index) => 21 + index)])
    expect(await lostOf(signals)).toBe(20)
    expect(errors).toMatchObject([{ stage: 'watcher', wanted: 1, first: 21 }])
  })

  it('kafkajs alone goes on at the end and says nothing: it loses what was left', async () => {
    const { harness, admin } = await feed()
    const topic = harness.runtime.topicName('interactions')
    const consumer = createPlainKafka(addresses.kafka).consumer({
      groupId: `${harness.config.prefix}.naive`,
    })
    cleanups.push(() => consumer.disconnect())
    const gate = gateOf()
    const seen: string[] = []
    await consumer.connect()
    await consumer.subscribe({ topic })
    const joined = new Promise((resolve) => consumer.on('consumer.fetch', resolve))
    await consumer.run({
      async eachMessage({ message }) {
        seen.push(message.offset)
        if (seen.length === 1) await gate.opened()
      },
    })
    await joined
    await writeInteractions(harness, 1, 1)
    await harness.until(() => gate.reached(), 'the first record')
    await writeInteractions(harness, 1, 30, 1)
    await deleteBefore(admin, harness, 21)
    gate.open()
    await new Promise((resolve) => setTimeout(resolve, 6_000))
    await writeInteractions(harness, 1, 1, 31)
    await harness.until(() => seen.at(-1) === '31', 'a record written later')
    expect(seen).toEqual(['0', '31'])
  })
})
