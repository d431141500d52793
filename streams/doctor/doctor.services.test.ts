import { expect, it } from 'vitest'
import { examine } from './process-doctor.ts'
import { streamsConfigSchema } from '../config.ts'
import { recordingStage, started, writeInteractions } from '../testing/conformance-harness.ts'
import { openKafkaHarness } from '../testing/kafka-harness.ts'
import { startOwnRedis } from '../testing/process-own-redis.ts'
import { describeServices } from '../testing/services.ts'
import { REDIS_COMMANDS } from './redis-rights.ts'
import type { Addresses, RedisAddress } from '../contract.ts'
import { createPlainKafka } from '../kafka/kafka-client.ts'
import { withAdmin } from '../kafka/kafka-topics.ts'
import { silentLogger } from '../log.ts'
import { createRedis } from '../redis-client.ts'

describeServices('doctor', (addresses) => {
  it('finds a sound feed sound, and tells a stage that nobody runs how far it is behind', async () => {
    const harness = await openKafkaHarness(addresses)
    try {
      const stage = recordingStage()
      const running = await started(harness, stage)
      await writeInteractions(harness, 1, 3)
      await harness.until(() => stage.seen.length === 3, 'three records')
      expect((await examine(harness.config, addresses)).filter(({ verdict }) => verdict !== 'ok')).toEqual([])
      await running.stop()
      await writeInteractions(harness, 1, 2, 3)
      const left = (await examine(harness.config, addresses)).filter(({ verdict }) => verdict !== 'ok')
      expect(left).toEqual([
        expect.objectContaining({
          check: `stage ${harness.config.prefix}.conformance`,
          verdict: 'warning',
          found: expect.stringMatching(/nobody is in the group; 2 records, \d+ s behind/) as string,
        }),
      ])
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
