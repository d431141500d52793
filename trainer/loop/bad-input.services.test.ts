import { afterEach, expect, it } from 'vitest'
import { compareStore, compileFeatureSet, createReplay, runFeatures } from '#feature-store'
import type { Interaction, RankRequest, RecordOf, StageName } from '#schemas'
import { runScorer, scorerConfigSchema } from '#scorer'
import {
  type Addresses,
  connectRuntime,
  createPlainKafka,
  readDeadLetters,
  readTopic,
  silentLogger,
} from '#streams'
import { openOwnFeed } from './testing/own-feed.ts'
import { describeServices } from '#streams/testing/services'

const NOW_MS = Date.now()
const DAY_MS = 86_400_000
const MIB = 1024 * 1024
/** No registry of a test has given out so many. */
const UNKNOWN_SCHEMA_ID = 2_000_000_000
const cleanups: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

type Topic = 'interactions' | 'requests' | 'users' | 'items'
type Runtime = Awaited<ReturnType<typeof openOwnFeed>>['runtime']
interface Bad {
  topic: Topic
  reason: string
  stage: string
  key: string
  value: Buffer
  /** Where a broken producer puts it; else where the key belongs. */
  partition?: number
}

const interaction = (change: Partial<Interaction> = {}): Interaction => ({
  interactionId: 'x',
  userId: 'u1',
  itemId: 'i1',
  type: 'click',
  occurredAtMs: NOW_MS,
  requestId: null,
  position: null,
  value: null,
  ...change,
})
const request = (change: Partial<RankRequest> = {}): RankRequest => ({
  requestId: 'r',
  userId: 'u1',
  occurredAtMs: NOW_MS,
  candidates: ['i1', 'i2'],
  context: [],
  ...change,
})
const STAGE_OF: Record<Topic, string> = {
  interactions: 'features-user',
  users: 'features-user-attributes',
  items: 'features-item-attributes',
  requests: 'scorer',
}

/** One of everything that must not stop us. */
function badRecords({ codec, partitionOf, partitionCount }: Runtime): Bad[] {
  const bad: Bad[] = []
  function add(topic: Topic, reason: string, key: string, value: Buffer, partition?: number): void {
    bad.push({
      topic,
      reason,
      key,
      value,
      stage: STAGE_OF[topic],
      ...(partition === undefined ? {} : { partition }),
    })
  }
  const encoded = <T extends Topic>(topic: T, reason: string, key: string, value: RecordOf[T]) =>
    add(topic, reason, key, codec.encode(topic, value))

  const good = { interactions: interaction(), requests: request() }
  for (const topic of ['interactions', 'requests', 'users', 'items'] as const) {
    add(topic, 'undecodable', 'u1', Buffer.alloc(0))
    add(topic, 'undecodable', 'u1', Buffer.from('{"userId":"u1"}'))
    add(topic, 'undecodable', 'u1', Buffer.from([0, 0, 0]))
    const foreign = Buffer.from([0, 0, 0, 0, 0, 2, 4, 6])
    foreign.writeUInt32BE(UNKNOWN_SCHEMA_ID, 1)
    add(topic, 'unknown_schema', 'u1', foreign)
  }
  for (const topic of ['interactions', 'requests'] as const) {
    const bytes = codec.encode(topic, good[topic] as never)
    add(topic, 'undecodable', 'u1', bytes.subarray(0, bytes.length - 1))
    add(topic, 'undecodable', 'u1', Buffer.concat([bytes, Buffer.from([1])]))
    // A string that claims 2^60 bytes: the length is read, the memory is not asked for.
    const endless = Buffer.concat([bytes.subarray(0, 5), Buffer.from('808080808080808020', 'hex')])
    add(topic, 'undecodable', 'u1', endless)
    // Ten megabytes: noise, and a record that would decode.
    add(topic, 'too_large', 'u1', Buffer.alloc(10 * MIB, 0xa5))
    for (const [reason, occurredAtMs] of [
      ['absurd_time', 0],
      ['absurd_time', -1],
      ['absurd_time', 1 - 2 ** 52],
      ['far_future', 2 ** 52 - 1],
      ['far_future', NOW_MS + 2 * DAY_MS],
      ['far_future', NOW_MS + 100 * 365 * DAY_MS],
    ] as const)
      add(topic, reason, 'u1', codec.encode(topic, { ...good[topic], occurredAtMs } as never))
  }
  // Java's Long.MIN_VALUE: a valid Avro long that no number here can hold.
  const text = (value: string) => [2 * value.length, ...Buffer.from(value)]
  const longest = [...Array.from({ length: 9 }, () => 0xff), 0x01]
  const fields = [...['x', 'u1', 'i1', 'click'].flatMap(text), ...longest, 0, 0, 0]
  const header = codec.encode('interactions', interaction()).subarray(0, 5)
  add('interactions', 'undecodable', 'u1', Buffer.concat([header, Buffer.from(fields)]))
  const megabyte = 'i'.repeat(MIB)
  encoded('requests', 'too_large', 'u1', request({ candidates: Array.from({ length: 10 }, () => megabyte) }))
  encoded('interactions', 'unknown_type', 'u1', interaction({ type: 'teleported' }))
  encoded('interactions', 'unknown_type', 'u1', interaction({ type: '' }))
  encoded('interactions', 'empty_id', '', interaction({ userId: '' }))
  encoded('interactions', 'empty_id', 'u1', interaction({ itemId: '' }))
  encoded('interactions', 'empty_id', 'u1', interaction({ interactionId: '' }))
  encoded('interactions', 'long_id', 'u1', interaction({ itemId: 'i'.repeat(5_000) }))
  const wrong = (partitionOf('interactions', 'u1') + 1) % partitionCount('interactions')
  add('interactions', 'wrong_partition', 'u1', codec.encode('interactions', interaction()), wrong)
  encoded('interactions', 'wrong_key', 'i1', interaction())
  encoded('items', 'wrong_key', 'u1', { itemId: 'i1', occurredAtMs: NOW_MS, attributes: [] })
  encoded('requests', 'no_request_id', 'u1', request({ requestId: '' }))
  encoded('requests', 'no_user_id', '', request({ userId: '' }))
  encoded('requests', 'no_item_id', 'u1', request({ candidates: ['i1', ''] }))
  encoded('requests', 'no_candidates', 'u1', request({ candidates: [] }))
  const many = Array.from({ length: 501 }, (_, item) => `i${item}`)
  encoded('requests', 'too_many_candidates', 'u1', request({ candidates: many }))
  encoded('requests', 'id_too_long', 'u1', request({ requestId: 'r'.repeat(5_000) }))
  const attributes = [{ name: 'segment', text: 'x'.repeat(5_000), number: null }]
  encoded('users', 'long_attribute', 'u1', { userId: 'u1', occurredAtMs: NOW_MS, attributes })
  encoded('users', 'far_future', 'u1', { userId: 'u1', occurredAtMs: NOW_MS + 2 * DAY_MS, attributes: [] })
  encoded('items', 'empty_id', '', { itemId: '', occurredAtMs: NOW_MS, attributes: [] })
  encoded('items', 'absurd_time', 'i1', { itemId: 'i1', occurredAtMs: -1, attributes: [] })
  return bad
}

/** A feed with features and scorer running in this process. */
async function startFeed(addresses: Addresses) {
  // A member that a busy machine put out of the group would write its letters again.
  const feed = await openOwnFeed(addresses, 'bad-input', {
    limits: { sessionTimeoutMs: 30_000, heartbeatIntervalMs: 1_000 },
  })
  cleanups.push(() => feed.close())
  const config = { ...feed.config, scorer: scorerConfigSchema.parse({}) }
  const context = {
    loadConfig: () => Promise.resolve(config),
    addresses: () => Promise.resolve(addresses),
    connect: (clientId: string) => connectRuntime({ addresses, config, clientId, log: silentLogger }),
    untilStopped: () => Promise.resolve(),
  }
  const running = [await runFeatures(context), await runScorer(context)]
  for (const service of running) {
    cleanups.push(() => service.stop())
    await service.ready
  }
  /** Resolves when the stages are through; rejects when a service died of it. */
  async function through(): Promise<void> {
    const stages = Object.entries(STAGE_OF) as [Topic, StageName][]
    const done = Promise.race(running.map((service) => service.done))
    await Promise.race([done, Promise.all(stages.map(([topic, stage]) => feed.caughtUp(stage, topic)))])
    await feed.caughtUp('features-item', 'itemInteractions')
  }
  return { feed, through }
}

describeServices('bad input on a real broker', (addresses) => {
  it('is dead-lettered with its bytes and the right reason, and the rest goes on', async () => {
    const { feed, through } = await startFeed(addresses)
    const { runtime } = feed
    const { codec } = runtime
    const producer = createPlainKafka(addresses.kafka).producer()
    await producer.connect()
    cleanups.push(() => producer.disconnect())
    const sent = new Map<string, Bad>()
    async function send(
      topic: Topic,
      key: string,
      value: Buffer,
      partition = runtime.partitionOf(topic, key),
    ) {
      const name = runtime.topicName(topic)
      const [ack] = await producer.send({ topic: name, messages: [{ key, value, partition }] })
      return `${name}/${partition}/${ack!.baseOffset}`
    }

    const bad = badRecords(runtime)
    for (const [n, record] of bad.entries()) {
      sent.set(await send(record.topic, record.key, record.value, record.partition), record)
      const each = { interactionId: `x${n}`, itemId: `i${n % 5}`, value: n % 2 === 0 ? NaN : Infinity }
      await send('interactions', 'u1', codec.encode('interactions', interaction(each)))
      await send('requests', 'u1', codec.encode('requests', request({ requestId: `r${n}` })))
    }
    // A fast clock within a day is no bad record: its time is set back.
    const ahead = interaction({ occurredAtMs: NOW_MS + 3_600_000, type: 'view' })
    await send('interactions', 'u1', codec.encode('interactions', ahead))
    const item = {
      itemId: 'i1',
      occurredAtMs: NOW_MS,
      attributes: [{ name: 'price', text: null, number: NaN }],
    }
    await send('items', 'i1', codec.encode('items', item))
    await through()

    const letters = new Map<string, { topic: string; reason: string; stage: string; detail: string }>()
    const topicOf = (name: string) =>
      bad.find(({ topic }) => runtime.topicName(topic) === name)?.topic ?? name
    for await (const { letter } of readDeadLetters(addresses, runtime.topicName('deadLetters'), codec)) {
      const { topic, partition, offset, reason, stage, detail, key, value } = letter
      const place = `${topic}/${partition}/${offset}`
      expect(letters.has(place), `${place} has one letter`).toBe(false)
      letters.set(place, { topic: topicOf(topic), reason, stage, detail })
      const original = sent.get(place)
      expect(original, `${place} (${reason}: ${detail}) was sent as a bad one`).toBeDefined()
      expect(key?.toString()).toBe(original!.key)
      expect(value!.equals(original!.value), `bytes of ${place}`).toBe(true)
      expect(detail.length).toBeGreaterThan(0)
    }
    const found = [...letters].map(([place, { topic, reason, stage }]) => ({ place, topic, reason, stage }))
    const wanted = [...sent].map(([place, { topic, reason, stage }]) => ({ place, topic, reason, stage }))
    const byPlace = (a: { place: string }, b: { place: string }) => a.place.localeCompare(b.place)
    expect(found.sort(byPlace)).toEqual(wanted.sort(byPlace))

    const answered: string[] = []
    for await (const { value } of readTopic({ addresses, topicName: runtime.topicName('predictions') })) {
      const { requestId, ranking } = codec.decode('predictions', value!)
      answered.push(requestId)
      expect(ranking).toHaveLength(2)
      for (const { vector } of ranking)
        for (let at = 0; at < vector!.length; at += 4)
          expect(vector!.readFloatLE(at)).toSatisfy(Number.isFinite)
    }
    expect(answered.sort()).toEqual(bad.map((_, n) => `r${n}`).sort())

    const replay = createReplay({
      featureSet: compileFeatureSet(feed.config.features),
      topicName: (topic) => runtime.topicName(topic),
      partitionOf: (topic, key) => runtime.partitionOf(topic, key),
    })
    for (const topic of ['users', 'items', 'interactions', 'itemInteractions'] as const) {
      const name = runtime.topicName(topic)
      for await (const raw of readTopic({ addresses, topicName: name })) {
        if (sent.has(`${name}/${raw.partition}/${raw.offset}`)) continue
        replay.add(topic, { ...raw, value: codec.decode(topic, raw.value!) as never })
      }
    }
    const applied = {
      expected: bad.length + 1,
      applied: bad.length + 1,
      lost: 0,
      duplicates: 0,
      different: 0,
    }
    const { user, ...rest } = await compareStore(replay, feed.store, (topic) => runtime.partitionCount(topic))
    expect(user).toMatchObject({ ...applied, entities: 1 })
    expect(rest.item).toMatchObject(applied)
    expect(rest.itemAttributes).toMatchObject({ entities: 1, different: 0 })
  })
})
