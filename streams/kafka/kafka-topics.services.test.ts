import { randomUUID } from 'node:crypto'
import { afterEach, expect, it } from 'vitest'
import { streamsConfigSchema } from '../config.ts'
import { readTopic } from './kafka-read-topic.ts'
import { connectRuntime } from './kafka-runtime.ts'
import { applyTopics, deleteTopics, describeTopics } from './kafka-topics.ts'
import { silentLogger } from '../log.ts'
import { describeServices } from '../testing/services.ts'
import { createPlainKafka } from './kafka-client.ts'

describeServices('topics on a real broker', (addresses) => {
  const kafka = createPlainKafka(addresses.kafka)
  const made: string[] = []
  const topic = (config: Record<string, string> = {}, partitions = 2) => {
    const name = `h2-${randomUUID().slice(0, 8)}`
    made.push(name)
    return { name, partitions, replicationFactor: 1, config: { 'retention.ms': '3600000', ...config } }
  }
  afterEach(() => deleteTopics(addresses, made.splice(0)))

  async function readAll(topicName: string) {
    const values: string[] = []
    for await (const { value } of readTopic({ addresses, topicName }))
      values.push(value?.toString() ?? 'tombstone')
    return values
  }

  it('are created once, altered when they differ, and keep what others set', async () => {
    const wanted = topic()
    expect(await applyTopics(addresses, [wanted])).toMatchObject([{ kind: 'create' }])
    expect(await applyTopics(addresses, [wanted])).toMatchObject([{ kind: 'keep' }])
    const admin = kafka.admin()
    await admin.connect()
    const configEntries = [
      { name: 'retention.ms', value: '3600000' },
      { name: 'segment.ms', value: '7200000' },
    ]
    await admin.alterConfigs({
      validateOnly: false,
      resources: [{ type: 2, name: wanted.name, configEntries }],
    })
    await admin.disconnect()
    const changed = { ...wanted, config: { 'retention.ms': '1800000' } }
    expect(await applyTopics(addresses, [changed])).toMatchObject([
      { kind: 'alter', changed: { 'retention.ms': { from: '3600000', to: '1800000' } } },
    ])
    const [found] = await describeTopics(addresses, [wanted.name])
    expect(found?.ownConfig).toEqual({ 'retention.ms': '1800000', 'segment.ms': '7200000' })
  })

  it('are served when they are told to be made: the leader of every partition answers', async () => {
    const wanted = Array.from({ length: 8 }, () => topic({}, 40))
    await applyTopics(addresses, wanted)
    const admin = kafka.admin()
    await admin.connect()
    try {
      for (const { name } of wanted.toReversed()) expect(await admin.fetchTopicOffsets(name)).toHaveLength(40)
    } finally {
      await admin.disconnect()
    }
  })

  it('refuse another number of partitions before anything is changed', async () => {
    const [wanted, other] = [topic(), topic()]
    await applyTopics(addresses, [wanted])
    await expect(applyTopics(addresses, [other, { ...wanted, partitions: 3 }])).rejects.toMatchObject({
      code: 'partitions_differ',
      policy: 'operator',
      message: expect.stringContaining('has 2 partitions'),
    })
    expect(await describeTopics(addresses, [other.name])).toEqual([])
  })

  it('say what is wrong when the broker refuses', async () => {
    await expect(applyTopics(addresses, [topic({ 'cleanup.policy': 'sweep' })])).rejects.toMatchObject({
      policy: 'operator',
    })
    await expect(applyTopics(addresses, [{ ...topic(), replicationFactor: 9 }])).rejects.toMatchObject({
      policy: 'operator',
    })
  })

  it('that do not exist are named when a runtime connects', async () => {
    const config = streamsConfigSchema.parse({ prefix: 'h2-none' })
    const connecting = connectRuntime({ addresses, config, clientId: 't', log: silentLogger })
    await expect(connecting).rejects.toMatchObject({
      code: 'topics_missing',
      message: expect.stringContaining('npx feedloop topics apply'),
    })
    await expect(readAll('h2-none.x')).rejects.toMatchObject({ code: 'topics_missing' })
  })

  it('no broker: one sentence, within seconds', async () => {
    const kafka = { brokers: ['127.0.0.1:1'] }
    const config = streamsConfigSchema.parse({})
    const startedMs = performance.now()
    const connecting = connectRuntime({
      addresses: { ...addresses, kafka },
      config,
      clientId: 't',
      log: silentLogger,
    })
    await expect(connecting).rejects.toMatchObject({
      code: 'kafka_unreachable',
      message: expect.stringContaining('No Kafka broker answers at 127.0.0.1:1'),
    })
    await expect(applyTopics({ kafka }, [])).rejects.toMatchObject({ code: 'kafka_unreachable' })
    await expect(readTopic({ addresses: { kafka }, topicName: 'x' }).next()).rejects.toMatchObject({
      code: 'kafka_unreachable',
    })
    expect(performance.now() - startedMs).toBeLessThan(20_000)
  })

  it('are read whole, to the end offsets at the start, control records or not', async () => {
    const wanted = topic()
    await applyTopics(addresses, [wanted])
    expect(await readAll(wanted.name)).toEqual([])
    const producer = kafka.producer({
      transactionalId: wanted.name,
      maxInFlightRequests: 1,
      idempotent: true,
    })
    await producer.connect()
    for (let round = 0; round < 3; round++) {
      const transaction = await producer.transaction()
      const messages = [
        { partition: 0, value: `a${round}` },
        { partition: 0, key: 'k', value: null },
      ]
      await transaction.send({ topic: wanted.name, messages })
      await transaction.commit()
    }
    await producer.disconnect()
    expect(await readAll(wanted.name)).toEqual(['a0', 'tombstone', 'a1', 'tombstone', 'a2', 'tombstone'])
  })

  it('are read without what transactions took back, however they lie across one another', async () => {
    const wanted = topic({}, 1)
    await applyTopics(addresses, [wanted])
    const producers = ['one', 'two', 'three'].map((name) =>
      kafka.producer({ transactionalId: `${wanted.name}-${name}`, maxInFlightRequests: 1, idempotent: true }),
    )
    for (const producer of producers) await producer.connect()
    const open = []
    for (const producer of producers) open.push(await producer.transaction())
    for (let round = 0; round < 2; round++)
      for (const [index, transaction] of open.entries())
        await transaction.send({ topic: wanted.name, messages: [{ value: `${index}${round}` }] })
    await open[0]!.abort()
    await open[1]!.commit()
    const again = await producers[0]!.transaction()
    await again.send({ topic: wanted.name, messages: [{ value: 'kept' }] })
    await again.commit()
    await open[2]!.abort()
    for (const producer of producers) await producer.disconnect()
    expect(await readAll(wanted.name)).toEqual(['10', '11', 'kept'])
  })

  it('are read over many fetches and in order of each partition', async () => {
    const wanted = topic({ 'max.message.bytes': '12582912' })
    await applyTopics(addresses, [wanted])
    const producer = kafka.producer()
    await producer.connect()
    const large = 'x'.repeat(200_000)
    for (let round = 0; round < 40; round++) {
      const messages = [0, 1].map((partition) => ({ partition, value: `${partition}:${round}:${large}` }))
      await producer.send({ topic: wanted.name, messages })
    }
    await producer.send({
      topic: wanted.name,
      messages: [{ partition: 0, value: `0:40:${'y'.repeat(10_000_000)}` }],
    })
    await producer.disconnect()
    const values = await readAll(wanted.name)
    const rounds = (partition: number) =>
      values.filter((value) => value.startsWith(`${partition}:`)).map((value) => Number(value.split(':')[1]))
    expect(rounds(0)).toEqual(Array.from({ length: 41 }, (_, round) => round))
    expect(rounds(1)).toEqual(Array.from({ length: 40 }, (_, round) => round))
  })
})
