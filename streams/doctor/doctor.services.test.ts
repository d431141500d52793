import { expect, it } from 'vitest'
import { STAGE_NAMES, type StageName, STAGES } from '#schemas'
import { sampleRecords } from '#schemas/testing'
import { examine } from './process-doctor.ts'
import { streamsConfigSchema } from '../config.ts'
import { recordingStage, started, writeInteractions } from '../testing/conformance-harness.ts'
import { type KafkaHarness, openKafkaHarness } from '../testing/kafka-harness.ts'
import { startOwnRedis } from '../testing/process-own-redis.ts'
import { describeServices } from '../testing/services.ts'
import { REDIS_COMMANDS } from './redis-rights.ts'
import type { Addresses, RedisAddress } from '../contract.ts'
import { createPlainKafka } from '../kafka/kafka-client.ts'
import { withAdmin } from '../kafka/kafka-topics.ts'
import { agedLags } from '../kafka/kafka-oldest-unread.ts'
import { lagText } from '../lag-words.ts'
import { silentLogger } from '../log.ts'
import { stageReads } from '../stage-reads.ts'
import type { RunningStage } from '../stage.ts'
import { createRedis } from '../redis-client.ts'

describeServices('doctor', (addresses) => {
  /** Nobody runs the loop itself in these tests. */
  const notOk = async ({ config }: KafkaHarness) =>
    (await examine(config, addresses)).filter(({ check, verdict }) => verdict !== 'ok' && check !== 'stages')

  it('finds a sound feed sound, and tells a group that nobody runs how far it is behind', async () => {
    const harness = await openKafkaHarness(addresses)
    try {
      const stage = recordingStage()
      const running = await started(harness, stage)
      await writeInteractions(harness, 1, 3)
      await harness.until(() => stage.seen.length === 3, 'three records')
      expect(await notOk(harness)).toEqual([])
      await running.stop()
      await writeInteractions(harness, 1, 2, 3)
      expect(await notOk(harness)).toEqual([
        expect.objectContaining({
          check: `group ${harness.config.prefix}.conformance`,
          verdict: 'warning',
          found: expect.stringMatching(/nobody is in the group; 2 records, \d+ s behind/) as string,
        }),
      ])
    } finally {
      await harness.close()
    }
  })

  it('takes a log that ends in a transaction that was taken back for read to its end', async () => {
    const harness = await openKafkaHarness(addresses)
    try {
      const stage = recordingStage()
      const running = await started(harness, stage)
      await writeInteractions(harness, 1, 3)
      await harness.until(() => stage.seen.length === 3, 'three records')
      await harness.takeBack('interactions', { key: Buffer.from('u-0'), value: Buffer.from('never') })
      const found = await examine(harness.config, addresses)
      expect(found.find(({ check }) => check === `group ${harness.config.prefix}.conformance`)).toMatchObject(
        {
          verdict: 'ok',
          found: '1 member(s), 0 records, 0 s behind',
        },
      )
      await running.stop()
      // What is stopped is behind by nothing, too: the end of a transaction is no record.
      expect(await notOk(harness)).toMatchObject([{ found: 'nobody is in the group; 0 records, 0 s behind' }])
    } finally {
      await harness.close()
    }
  })

  it('tells what nobody reads, which service to start, and once all run nothing', async () => {
    const harness = await openKafkaHarness(addresses)
    const { config, runtime } = harness
    const running: RunningStage[] = []
    const stagesFound = async () =>
      (await examine(config, addresses)).filter(({ check }) => check.startsWith('stage'))
    const start = async (name: StageName) => {
      const stage = recordingStage({ name, sources: STAGES[name].sources })
      running.push(await started(harness, stage, await harness.another()))
    }
    try {
      const outputs = await runtime.outputs('test')
      outputs.add('requests', { key: 'u', value: sampleRecords.requests })
      await outputs.flush()
      await outputs.close()
      expect(await stagesFound()).toMatchObject([
        { check: 'stages', action: expect.stringContaining('run all') as string },
      ])
      for (const name of STAGE_NAMES) if (name !== 'scorer') await start(name)
      const left = (await stagesFound()).filter(({ verdict }) => verdict !== 'ok')
      expect(left).toMatchObject([
        {
          check: `stage ${config.prefix}.scorer`,
          found: expect.stringMatching(/^nobody is in the group; 1 record, \d+ s behind$/) as string,
          action: 'Start it: `npx feedloop run scorer`.',
        },
      ])
      const lags = await agedLags(addresses, config.prefix, stageReads(config))
      const unread = lags.filter(({ members }) => members === 0)
      expect(unread.map(({ group }) => group)).toEqual(Array(4).fill(`${config.prefix}.scorer`))
      expect(unread.map(({ committedOffset }) => committedOffset)).toEqual(Array(4).fill(null))
      expect(unread.reduce((sum, { lagRecords }) => sum + lagRecords, 0)).toBe(1)
      expect(lagText(lags, config.prefix)).toMatch(
        /\nNobody reads .+\.requests\.v1\[0,1,2,3\] as .+\.scorer: `npx feedloop run scorer` does\.$/,
      )
      await start('scorer')
      expect((await stagesFound()).filter(({ verdict }) => verdict !== 'ok')).toEqual([])
    } finally {
      await Promise.all(running.map((stage) => stage.stop()))
      await harness.close()
    }
  })

  it('tells dead letters by reason, and labels that do not come', async () => {
    const harness = await openKafkaHarness(addresses)
    const { config, runtime } = harness
    try {
      const outputs = await runtime.outputs('test')
      const letter = { ...sampleRecords.deadLetters, reason: 'wrong_partition', diedAtMs: Date.now() }
      const topic = runtime.topicName('outcomes')
      for (const offset of [1, 2, 2])
        outputs.add('deadLetters', { key: topic, value: { ...letter, topic, offset } })
      outputs.add('deadLetters', { key: topic, value: { ...letter, offset: 3, diedAtMs: 1 } })
      const monitor = 'label_arrival:click:outcomes'
      const silent = { ...sampleRecords.drift, monitor, kind: 'upstream' as const, cause: 'Hardly any click' }
      outputs.add('drift', { key: monitor, value: silent })
      await outputs.flush()
      const [letters, labels, ...rest] = await notOk(harness)
      expect(rest).toEqual([])
      expect(letters).toMatchObject({
        check: 'dead letters: wrong_partition',
        found: expect.stringMatching(/^2 in the last 24 hours, of .+\.outcomes\.v1; /) as string,
        action: expect.stringContaining("'murmur2_random'") as string,
      })
      expect(labels).toMatchObject({ check: 'label click of outcomes', found: 'Hardly any click' })
      const back = { ...silent, kind: 'none' as const, cause: 'click comes again', detectedAtMs: Date.now() }
      outputs.add('drift', { key: monitor, value: back })
      await outputs.flush()
      await outputs.close()
      expect((await notOk(harness)).map(({ check }) => check)).toEqual(['dead letters: wrong_partition'])
      const said = (await examine(config, addresses)).find(({ check }) => check.startsWith('label'))
      expect(said).toMatchObject({ verdict: 'ok', found: 'click comes again' })
    } finally {
      await harness.close()
    }
  })

  it('tells who stamped a record ahead of this machine', async () => {
    const harness = await openKafkaHarness(addresses)
    const producer = createPlainKafka(addresses.kafka).producer()
    try {
      const topic = harness.runtime.topicName('interactions')
      await setConfig(addresses, topic, { 'message.timestamp.type': 'CreateTime' })
      const found = async () =>
        (await examine(harness.config, addresses)).find(({ check }) => check.startsWith('clocks of'))
      expect(await found()).toMatchObject({ verdict: 'ok' })
      await producer.connect()
      for (const [aheadMs, verdict, told] of [
        [60_000, 'warning', 'more than 1 s'],
        [600_000, 'failed', 'more than 300 s'],
      ] as const) {
        const timestamp = String(Date.now() + aheadMs)
        await producer.send({ topic, messages: [{ key: 'u', value: null, partition: 1, timestamp }] })
        expect(await found()).toMatchObject({
          verdict,
          found: expect.stringMatching(`${topic} holds a record that its producer stamped ${told}`) as string,
        })
      }
    } finally {
      await producer.disconnect()
      await harness.close()
    }
  })

  it('tells a broker that stamps records before they were made', async () => {
    const harness = await openKafkaHarness(addresses)
    const producer = createPlainKafka(addresses.kafka).producer()
    try {
      const topic = harness.runtime.topicName('predictions')
      const found = async () =>
        (await examine(harness.config, addresses)).find(({ check }) => check.startsWith('clocks of'))
      await producer.connect()
      for (const [producerAheadMs, verdict, told] of [
        [0, 'ok', 'no record'],
        [
          60_000,
          'warning',
          /^the newest record of .+\.predictions\.v1 is stamped by its broker (60\.0|59\.9) s before/,
        ],
        [600_000, 'failed', /(600\.0|599\.9) s before/],
      ] as const) {
        const timestamp = String(Date.now() + producerAheadMs)
        await producer.send({ topic, messages: [{ key: 'u', value: null, partition: 1, timestamp }] })
        expect(await found()).toMatchObject({ verdict, found: expect.stringMatching(told) as string })
      }
    } finally {
      await producer.disconnect()
      await harness.close()
    }
  })

  it('tells missing topics, other widths, and a session the brokers do not allow', async () => {
    const harness = await openKafkaHarness(addresses)
    try {
      const missing = streamsConfigSchema.parse({
        prefix: 'nobody-made-this',
        limits: { sessionTimeoutMs: 9_000_000 },
      })
      const failed = (await examine(missing, addresses)).filter(({ verdict }) => verdict === 'failed')
      expect(failed.map(({ check }) => check)).toContain('topics')
      expect(failed.map(({ check }) => check)).toContain('session timeout')
      const wider = { ...harness.config, kafka: { ...harness.config.kafka, partitions: 5 } }
      const other = (await examine(wider, addresses)).find(({ check }) => check.endsWith('.interactions.v1'))
      expect(other).toMatchObject({ verdict: 'failed', found: 'has another partition count' })
    } finally {
      await harness.close()
    }
  })

  it('tells what a user of Redis may not do, and leaves nothing behind', async () => {
    const redis = await startOwnRedis()
    const admin = createRedis(redis)
    try {
      const rights = REDIS_COMMANDS.filter((command) => command !== 'mset').map((command) => `+${command}`)
      await admin.call('ACL', 'SETUSER', 'features', 'on', '>secret', '~feed:*', ...rights)
      const url = redis.url.replace('redis://', 'redis://features:secret@')
      const nowhere = nothingBut({ url })
      const rightsOf = async (prefix: string) =>
        (await examine(streamsConfigSchema.parse({ prefix }), nowhere)).find(
          ({ check }) => check === 'redis commands',
        )
      const short = await rightsOf('feed')
      expect(short).toMatchObject({ verdict: 'failed' })
      expect(short?.found).toMatch(/^MSET: NOPERM/)
      expect(short?.action).toContain('+mset,')
      await admin.call('ACL', 'SETUSER', 'features', '+mset')
      expect(await rightsOf('feed')).toMatchObject({ verdict: 'ok' })
      expect((await rightsOf('other'))?.found).toContain('keys')
      expect(await admin.dbsize()).toBe(0)
    } finally {
      admin.disconnect()
      await redis.close()
    }
  })

  it('tells what a full Redis refuses, and does not blame rights', async () => {
    const redis = await startOwnRedis({ settings: { maxmemory: '100kb' } })
    try {
      const nowhere = nothingBut({ url: redis.url })
      const found = (await examine(streamsConfigSchema.parse({}), nowhere)).find(
        ({ check }) => check === 'redis commands',
      )
      expect(found).toMatchObject({ verdict: 'failed', found: expect.stringMatching(/^MSET: OOM/) as string })
      expect(found?.action).not.toContain('ACL')
    } finally {
      await redis.close()
    }
  })

  it('refuses a Redis that evicts, and says which services are not there', async () => {
    const redis = await startOwnRedis({
      settings: { 'maxmemory-policy': 'allkeys-lru', maxmemory: '64mb', appendonly: 'no' },
    })
    try {
      const nowhere = nothingBut({ url: redis.url })
      const config = streamsConfigSchema.parse({})
      const found = new Map((await examine(config, nowhere)).map((finding) => [finding.check, finding]))
      expect(found.get('redis eviction')).toMatchObject({ verdict: 'failed' })
      expect(found.get('redis persistence')).toMatchObject({ verdict: 'warning' })
      expect(found.get('clock of redis')).toMatchObject({ verdict: 'ok' })
      expect(found.get('brokers')).toMatchObject({ verdict: 'failed' })
      expect(found.get('registry')).toMatchObject({ verdict: 'failed' })
      const gone = await examine(config, { ...nowhere, redis: { url: 'redis://127.0.0.1:1' } })
      expect(gone.find(({ check }) => check === 'redis')).toMatchObject({ verdict: 'failed' })
    } finally {
      await redis.close()
    }
  })
})

/** As somebody sets it who does not know the catalogue. */
const setConfig = ({ kafka }: Addresses, topic: string, config: Record<string, string>) =>
  withAdmin(kafka, silentLogger, (admin) =>
    admin.alterConfigs({
      validateOnly: false,
      resources: [
        {
          type: 2, // ConfigResourceTypes.TOPIC, see kafka-topics.ts
          name: topic,
          configEntries: Object.entries(config).map(([name, value]) => ({ name, value })),
        },
      ],
    }),
  )

/** No Kafka, no registry. */
function nothingBut(redis: RedisAddress): Addresses {
  return { kafka: { brokers: ['127.0.0.1:1'] }, registry: { url: 'http://127.0.0.1:1' }, redis }
}
