import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { groupOf } from '#schemas'
import { sampleRecords } from '#schemas/testing'
import { streamsConfigSchema } from '../config.ts'
import type { Addresses } from '../contract.ts'
import { catalogueOf, connectRuntime, type KafkaRuntime } from '../kafka/kafka-runtime.ts'
import { applyTopics, withAdmin } from '../kafka/kafka-topics.ts'
import { requeueDeadLetters } from '../kafka/kafka-requeue.ts'
import { silentLogger } from '../log.ts'
import { interaction, recordingStage } from '../testing/conformance-harness.ts'
import { type SecureBrokers, startSecureBrokers } from '../testing/process-secure-brokers.ts'
import { stack } from '../testing/services.ts'
import { applyAcls } from './kafka-acls.ts'
import { type ServiceAcl, serviceAcls } from './service-acls.ts'
import { examine } from '../doctor/process-doctor.ts'

const START_MS = 180_000
/** A person waits no longer for a sentence. */
const TOLD_MS_MAX = 5_000
const READS_MS = 2_000
const config = streamsConfigSchema.parse({})
const acls = serviceAcls({ prefix: config.prefix, catalogue: catalogueOf(config) })

/** The same rights for another name, so that one can be left out. */
const but = (name: string, from: ServiceAcl['user'], left: (acl: ServiceAcl) => boolean) =>
  acls.filter((acl) => acl.user === from && !left(acl)).map((acl) => ({ ...acl, user: name }))

let secure: SecureBrokers
beforeAll(async () => {
  secure = await startSecureBrokers(['scorer', 'features', 'operator', 'groupless', 'mute', 'deaf', 'nobody'])
  await applyTopics({ kafka: secure.open }, Object.values(catalogueOf(config)))
  await applyAcls(secure.open, [
    ...acls,
    ...but('groupless', 'scorer', ({ resource }) => resource === 'group'),
    ...but('mute', 'scorer', ({ operations }) => operations.includes('write')),
    ...but('deaf', 'scorer', ({ name }) => name === 'feed.requests.v1'),
  ])
}, START_MS)
afterAll(() => secure?.stop())

async function as<T>(user: string, use: (runtime: KafkaRuntime) => Promise<T>): Promise<T> {
  const runtime = await connectRuntime({
    addresses: { kafka: secure.scram(user), registry: stack!.registry },
    config,
    clientId: 'test',
    log: silentLogger,
  })
  try {
    return await use(runtime)
  } finally {
    await runtime.close()
  }
}

/** What the scorer does: reads requests in its group, follows models, writes dead letters. */
const asScorer = (user: string) =>
  as(user, async (runtime) => {
    const stage = await runtime.runStage({
      ...recordingStage(),
      name: 'scorer',
      sources: ['requests'],
      startFrom: 'earliest',
    })
    await Promise.race([stage.ready, stage.done])
    // It has its partitions before it has read anything.
    await Promise.race([stage.done, sleep(READS_MS)])
    const follower = await runtime.follow({
      name: 'models',
      topic: 'models',
      startFrom: 'earliest',
      record: () => undefined,
    })
    await follower.ready
    await Promise.all([follower.stop(), stage.stop()])
  })

async function refusal(attempt: Promise<unknown>): Promise<string> {
  const startedAtMs = performance.now()
  const error = await attempt.then(
    () => new Error('it was allowed'),
    (refused: unknown) => refused as Error,
  )
  expect(error).toMatchObject({ policy: 'operator', code: 'kafka_permission' })
  expect(performance.now() - startedAtMs).toBeLessThan(TOLD_MS_MAX)
  return error.message
}

describe.skipIf(stack === null)('the rights that topics acl prints', () => {
  it('let the scorer read its topics in its group, and nobody else', async () => {
    await asScorer('scorer')
    expect(groupOf(config.prefix, 'scorer')).toBe('feed.scorer')
  })

  it('one missing is told by its name: the group, a topic to read', async () => {
    expect(await refusal(asScorer('groupless'))).toMatch(
      /^The user `groupless` may not read group `feed\.scorer`\. /,
    )
    expect(await refusal(asScorer('deaf'))).toMatch(
      /^The user `deaf` may not read topic `feed\.requests\.v1`\. /,
    )
  })

  it('a topic to write, also to an idempotent producer without any', async () => {
    const write = (user: string) =>
      as(user, async (runtime) => {
        const outputs = await runtime.outputs('test')
        try {
          outputs.add('interactions', { key: 'u', value: interaction('u', 0) })
          await outputs.flush()
        } finally {
          await outputs.close().catch(() => undefined)
        }
      })
    expect(await refusal(write('scorer'))).toMatch(
      /^The user `scorer` may not write topic `feed\.interactions\.v1`\. /,
    )
    expect(await refusal(write('mute'))).toMatch(/^The user `mute` may not write any topic /)
  })

  it('who may see no topic is not told that topics are missing', async () => {
    expect(await refusal(as('nobody', () => Promise.resolve()))).toMatch(
      /^The user `nobody` may not describe topic `feed\./,
    )
  })

  it('let the operator make and describe topics; nobody else', async () => {
    await applyTopics({ kafka: secure.scram('operator') }, Object.values(catalogueOf(config)))
    const admin = (user: string) =>
      withAdmin(secure.scram(user), silentLogger, (asked) =>
        asked.createTopics({ topics: [{ topic: 'feed.more', numPartitions: 1, replicationFactor: 1 }] }),
      )
    expect(await refusal(admin('scorer'))).toMatch(/^The user `scorer` may not create topic `feed\.more`\. /)
    await admin('operator')
  })

  it('let the operator write dead letters back, and nobody else', async () => {
    const catalogue = catalogueOf(config)
    const topic = catalogue.interactions.name
    const letter = {
      ...sampleRecords.deadLetters,
      topic,
      partition: 0,
      offset: 0,
      reason: 'undecodable',
      key: Buffer.from('u'),
      value: Buffer.from('rubbish'),
    }
    const requeue = (user: string) =>
      as(user, ({ codec }) =>
        requeueDeadLetters({
          addresses: { kafka: secure.scram(user) },
          catalogue,
          codec,
          prefix: config.prefix,
          filter: { reason: 'undecodable' },
          limit: 10,
        }),
      )
    await as('features', async (runtime) => {
      const outputs = await runtime.outputs('test')
      outputs.add('deadLetters', { key: topic, value: letter })
      await outputs.flush()
      await outputs.close()
    })
    expect(await refusal(requeue('features'))).toMatch(
      /^The user `features` may not write with transactional id `feed\.requeue`\. /,
    )
    expect(await requeue('operator')).toMatchObject({ requeued: 1, left: [] })
    expect(await requeue('operator')).toMatchObject({ requeued: 0, before: 1 })
  })

  it('doctor says which right is missing, and which login or certificate is wrong', async () => {
    const found = async (kafka: Addresses['kafka']) =>
      (await examine(config, { ...stack!, kafka })).map(({ found: text }) => text).join('\n')
    expect(await found(secure.scram('nobody'))).toMatch(/The user `nobody` may not describe/)
    expect(await found(secure.scram('operator', 'wrong'))).toMatch(/refused the login/)
    const { tls: _, ...bare } = secure.scram('operator')
    expect(await found(bare)).toMatch(/wants TLS on that port/)
    expect(await found({ ...bare, tls: { enabled: true } })).toMatch(/not trusted/)
  })
})
