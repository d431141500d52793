import { createRequire } from 'node:module'
import kafkajs from 'kafkajs'
import { expect, it } from 'vitest'
import { silentLogger } from '../../log.ts'
import { silentSignals } from '../../signal-registry.ts'
import { topicLags } from '../kafka-lag.ts'
import { connectRuntime } from '../kafka-runtime.ts'
import {
  expected,
  interaction,
  recordingStage,
  started,
  writeInteractions,
} from '../../testing/conformance-harness.ts'
import { openKafkaHarness } from '../../testing/kafka-harness.ts'
import { describeServices } from '../../testing/services.ts'
import { createPlainKafka } from '../kafka-client.ts'
import { UNPACKED_BYTES_MAX } from '../wire/kafka-codecs.ts'

const { CompressionCodecs, CompressionTypes } = kafkajs

/** Snappy's framing with nothing compressed in it: length, then literals of up to 60 bytes. */
function snappy(bytes: Buffer): Promise<Buffer> {
  const parts: Buffer[] = [Buffer.from([(bytes.length & 0x7f) | 0x80, bytes.length >> 7])]
  for (let at = 0; at < bytes.length; at += 60) {
    const literal = bytes.subarray(at, at + 60)
    parts.push(Buffer.from([(literal.length - 1) << 2]), literal)
  }
  return Promise.resolve(Buffer.concat(parts))
}

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
      await expect.poll(committed).toEqual([6])

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

  it('is not given what transactions took back, and goes on past them', async () => {
    const harness = await openKafkaHarness(addresses)
    const { runtime, config } = harness
    const topic = runtime.topicName('interactions')
    const producer = createPlainKafka(addresses.kafka).producer({
      transactionalId: config.prefix,
      maxInFlightRequests: 1,
      idempotent: true,
    })
    try {
      const stage = recordingStage()
      const running = await started(harness, stage)
      await producer.connect()
      for (const [number, end] of (['abort', 'commit', 'abort', 'abort'] as const).entries()) {
        const transaction = await producer.transaction()
        const value = runtime.codec.encode('interactions', interaction('u-0', number))
        await transaction.send({ topic, messages: [{ key: 'u-0', value, partition: 0 }] })
        await transaction[end]()
      }
      await harness.write('interactions', {
        key: Buffer.from('u-0'),
        value: runtime.codec.encode('interactions', interaction('u-0', 4)),
        partition: 0,
      })
      await harness.until(() => stage.seen.length === 2, 'what was committed')
      expect(stage.seen).toEqual(['u-0-1', 'u-0-4'])
      await running.stop()
      // Four records with the ends of their transactions, and the last one.
      expect(
        (await topicLags(addresses, config.prefix)).map(({ committedOffset }) => committedOffset),
      ).toEqual([9])
    } finally {
      await producer.disconnect()
      await harness.close()
    }
  })

  it('unpacks what is compressed; what would fill the memory ends it at once, with the codec', async () => {
    const harness = await openKafkaHarness(addresses)
    const codecs = CompressionCodecs as Record<number, unknown>
    const registered = codecs[CompressionTypes.Snappy]
    const producer = createPlainKafka(addresses.kafka).producer()
    const name = harness.runtime.topicName('interactions')
    const send = (value: Buffer, compression: number) =>
      producer.send({ topic: name, compression, messages: [{ key: 'u-0', value, partition: 0 }] })
    try {
      await producer.connect()
      const stage = recordingStage()
      const running = await started(harness, stage)
      codecs[CompressionTypes.Snappy] = () => ({
        // Only this once: the stage reads in the same process, and before the broker has the bytes it is as it was.
        compress: ({ buffer }: { buffer: Buffer }) => {
          codecs[CompressionTypes.Snappy] = registered
          return snappy(buffer)
        },
      })
      await send(harness.runtime.codec.encode('interactions', interaction('u-0', 0)), CompressionTypes.Snappy)
      await harness.until(() => stage.seen.length === 1, 'what was packed')
      await send(Buffer.alloc(UNPACKED_BYTES_MAX), CompressionTypes.GZIP)
      const why = {
        code: 'compression',
        message: expect.stringContaining('compressed with gzip, unpacks to more than') as string,
      }
      await expect(running.done).rejects.toMatchObject(why)
      await expect(harness.raw('interactions')).rejects.toMatchObject(why)
      expect(stage.seen).toEqual(expected(0, 1))
    } finally {
      codecs[CompressionTypes.Snappy] = registered
      await producer.disconnect()
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

  it('that does not finish a batch fails, and its partitions go to another member', async () => {
    const harness = await openKafkaHarness(addresses, {
      stageProgressSecondsMax: 2,
      leaveSecondsMax: 2,
      sessionTimeoutMs: 6_000,
    })
    try {
      const stuck = recordingStage({ act: () => new Promise(() => undefined) })
      const running = await started(harness, stuck)
      await writeInteractions(harness, 1, 3)
      await expect(running.done).rejects.toMatchObject({ code: 'stage_stuck', policy: 'bug' })
      const heir = recordingStage()
      const other = await started(harness, heir, await harness.another())
      await harness.until(() => heir.seen.length === 3, 'the heir has read everything')
      expect(heir.seen).toEqual(expected(0, 3))
      await other.stop()
    } finally {
      await harness.close()
    }
  })

  it('that stops fetching while records wait is given another consumer', async () => {
    const counted: string[] = []
    const signals = { ...silentSignals, count: (name: string) => void counted.push(name) }
    const harness = await openKafkaHarness(addresses, {
      stageProgressSecondsMax: 2,
      leaveSecondsMax: 1,
      sessionTimeoutMs: 6_000,
    })
    const runtime = await connectRuntime({
      addresses,
      config: harness.config,
      clientId: 'silent',
      log: silentLogger,
      signals,
    })
    try {
      const stage = recordingStage()
      const hung = hangFetches()
      const running = await started(harness, stage, runtime)
      await hung.happened
      await writeInteractions(harness, 1, 3)
      await harness.until(() => stage.seen.length === 3, 'the second consumer has read everything')
      expect(counted.filter((name) => name === 'stages_stalled')).toHaveLength(1)
      expect(counted.filter((name) => name === 'consumers_restarted')).toHaveLength(1)
      await running.stop()
    } finally {
      await runtime.close()
      await harness.close()
    }
  })
})

/** The fetch loop of the first consumer group that fetches from now on hangs for ever, as after a lost wake-up. */
function hangFetches(): { happened: Promise<void> } {
  const { prototype } = createRequire(import.meta.url)('kafkajs/src/consumer/consumerGroup') as {
    prototype: { fetch(nodeId: number): Promise<unknown> }
  }
  const { fetch } = prototype
  let hung: unknown = null
  return {
    happened: new Promise((resolve) => {
      prototype.fetch = function (this: unknown, nodeId: number) {
        hung ??= this
        if (hung !== this) return fetch.call(this as typeof prototype, nodeId)
        resolve()
        return new Promise(() => undefined)
      }
    }),
  }
}
