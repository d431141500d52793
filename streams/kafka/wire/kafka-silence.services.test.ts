import { afterEach, expect, it } from 'vitest'
import { expected, interaction, recordingStage, started } from '../../testing/conformance-harness.ts'
import { openKafkaHarness } from '../../testing/kafka-harness.ts'
import { type OwnBrokers, startOwnBrokers } from '../../testing/process-own-brokers.ts'
import { describeServices } from '../../testing/services.ts'
import { startTcpProxy, type TcpProxy } from '../../testing/tcp-proxy.ts'
import { createPlainKafka } from '../kafka-client.ts'

const REQUEST_TIMEOUT_MS = 2_000
/** Of a connection: a fetch answer takes seconds. */
const NARROW_BYTES_PER_SECOND = 50_000
const BACKLOG = 5_000
/** A part of the backlog: an answer with all of it is under way. */
const UNDER_WAY_BYTES = 100_000

describeServices('bad connections', (stack) => {
  const cleanups: (() => Promise<unknown>)[] = []
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
  })

  async function proxied(): Promise<{ own: OwnBrokers; proxy: TcpProxy }> {
    let proxy: TcpProxy | undefined
    const own = await startOwnBrokers({
      async detour(upstream) {
        proxy = await startTcpProxy(upstream)
        return proxy.address
      },
    })
    cleanups.push(() => proxy!.close())
    cleanups.push(() => own.stop())
    return { own, proxy: proxy! }
  }

  it('that break in the middle of an answer leave nothing for the next ones', async () => {
    const { own, proxy } = await proxied()
    const harness = await openKafkaHarness({ ...stack, kafka: { brokers: own.detours } })
    cleanups.push(() => harness.close())
    const stage = recordingStage()
    const running = await started(harness, stage)
    cleanups.push(() => running.stop())
    const straight = createPlainKafka({ brokers: own.brokers }).producer()
    await straight.connect()
    cleanups.push(() => straight.disconnect())
    const topic = harness.runtime.topicName('interactions')
    const partition = harness.runtime.partitionOf('interactions', 'u-0')
    const messages = Array.from({ length: BACKLOG }, (_, number) => {
      const value = harness.runtime.codec.encode('interactions', interaction('u-0', number))
      return { key: 'u-0', value, partition }
    })

    proxy.set({ bytesPerSecond: NARROW_BYTES_PER_SECOND })
    const before = proxy.counts.bytes
    await straight.send({ topic, messages })
    await harness.until(() => proxy.counts.bytes > before + UNDER_WAY_BYTES, 'a part of an answer')
    expect(stage.seen).toEqual([])
    proxy.set({})
    proxy.resetOpen()
    await harness.until(() => stage.seen.length >= BACKLOG, 'the backlog')
    expect(stage.seen).toEqual(expected(0, BACKLOG))
  })

  it('that are silent for ever are given up after one request, reading and writing; kafkajs alone goes on asking them', async () => {
    const { own, proxy } = await proxied()
    const addresses = { ...stack, kafka: { brokers: own.detours } }
    const harness = await openKafkaHarness(addresses, { requestTimeoutMs: REQUEST_TIMEOUT_MS })
    cleanups.push(() => harness.close())
    const outputs = await harness.runtime.outputs('writer')
    const stage = recordingStage()
    const running = await started(harness, stage)
    cleanups.push(() => running.stop())
    const write = (number: number) =>
      outputs.add('interactions', { key: 'u-0', value: interaction('u-0', number) })
    write(0)
    await outputs.flush()
    await harness.until(() => stage.seen.length === 1, 'the first record')

    const alone = createPlainKafka(addresses.kafka, {
      requestTimeout: REQUEST_TIMEOUT_MS,
      retry: { retries: 1_000, maxRetryTime: 100 },
    }).producer()
    await alone.connect()
    cleanups.push(() => alone.disconnect())
    const sendAlone = () =>
      alone.send({ topic: harness.runtime.topicName('requests'), messages: [{ value: null }] })
    await sendAlone()

    proxy.stallOpen()
    let aloneSent = false
    const sending = sendAlone().then(() => (aloneSent = true))
    write(1)
    await outputs.flush()
    await harness.until(() => stage.seen.length === 2, 'the second record')
    expect(stage.seen).toEqual(expected(0, 2))

    await new Promise((resolve) => setTimeout(resolve, 2 * REQUEST_TIMEOUT_MS))
    expect(aloneSent).toBe(false)
    proxy.resetOpen()
    await sending
  })
})
