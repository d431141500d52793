import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { requestRegistry } from '#schemas'
import { CACHE_VARIABLE, SERVICE_NAMES, type ServiceName } from './stack-services.ts'
import { stackDown } from './stack-down.ts'
import { resolveAddresses, stackStatus } from './stack-status.ts'
import { stackUp, type StackUp } from './stack-up.ts'
import { isSameProcess } from './process-identity.ts'
import type { StackProgress } from './progress.ts'
import { streamsConfigSchema } from '../config.ts'
import { knownAddresses } from '../doctor/known-addresses.ts'
import { examine } from '../doctor/process-doctor.ts'
import { parseState, type RecordedProcess, type StackState } from './state.ts'
import { describeServices } from '../testing/services.ts'
import { createPlainKafka } from '../kafka/kafka-client.ts'
import { createRedis } from '../redis-client.ts'

// This process's own environment without given addresses: the stack under test is always local.
const { FEEDLOOP_KAFKA_BROKERS: _k, FEEDLOOP_REDIS_URL: _r, FEEDLOOP_REGISTRY_URL: _s, ...env } = process.env

let dir: string
const up = (
  more: { clean?: boolean; onProgress?: (progress: StackProgress) => void } = {},
): Promise<StackUp> => stackUp({ dir, env, anyPorts: true, ...more })
const stateNow = async (): Promise<StackState> =>
  parseState(await readFile(path.join(dir, 'state.json'), 'utf8'))
async function pidOf(service: ServiceName): Promise<number> {
  return (await stateNow()).processes[service]!.pid
}
const origins = ({ services }: StackUp): string[] => SERVICE_NAMES.map((name) => services[name].origin)

beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'feedloop-stack-'))
})
afterAll(async () => {
  await stackDown({ dir })
  await rm(dir, { recursive: true, force: true })
})

// Shares one folder and goes through its life in order: each start costs seconds.
describeServices('the local stack', () => {
  test(`starts what was not given (archives from ${env[CACHE_VARIABLE] ?? 'the usual cache'})`, async () => {
    await expect(resolveAddresses({ env, dir }, SERVICE_NAMES)).rejects.toMatchObject({
      code: 'stack_not_running',
    })
    const result = await up()
    expect(origins(result)).toEqual(['started', 'started', 'started'])
    expect([...result.started].sort()).toEqual([...SERVICE_NAMES])
    expect(await resolveAddresses({ env, dir }, SERVICE_NAMES)).toEqual(result.addresses)
    const status = await stackStatus({ env, dir })
    expect(status.map(({ state }) => state)).toEqual(['up', 'up', 'up'])
  })

  test('is used again when it runs already', async () => {
    const before = await stateNow()
    const result = await up()
    expect(origins(result)).toEqual(['reused', 'reused', 'reused'])
    expect(result.started).toEqual([])
    expect(await stateNow()).toEqual(before)
  })

  test('keeps records, states and schemas from one start to the next', async () => {
    const { addresses } = await up()
    await write(addresses)
    const { stopped } = await stackDown({ dir })
    expect(stopped).toEqual(['registry', 'redis', 'kafka'])
    expect((await stackStatus({ env, dir })).map(({ state }) => state)).toEqual([
      'stopped',
      'stopped',
      'stopped',
    ])
    const again = await up()
    expect(origins(again)).toEqual(['started', 'started', 'started'])
    expect(await read(again.addresses)).toEqual({ offset: '1', state: 'kept', subjects: ['kept-value'] })
  })

  test.each(['kafka', 'redis', 'registry'] as const)(
    'mends a %s that was killed, on its port',
    async (service) => {
      const before = await stateNow()
      const killed = before.processes[service]!
      process.kill(killed.pid, 'SIGKILL')
      while (await isSameProcess(killed)) await new Promise((resolve) => setTimeout(resolve, 10))
      const status = await stackStatus({ env, dir })
      expect(status.find((one) => one.service === service)?.state).toBe('stopped')
      await doctorMisses(service)

      const result = await up()
      expect(result.started).toEqual([service])
      const after = await stateNow()
      expect(after.processes[service]?.port).toBe(killed.port)
      for (const other of SERVICE_NAMES)
        if (other !== service) expect(after.processes[other]).toEqual(before.processes[other])
      expect(await read(result.addresses)).toMatchObject({ state: 'kept', subjects: ['kept-value'] })
    },
  )

  test('a service that runs but does not answer is started anew', async () => {
    const silent = await pidOf('redis')
    process.kill(silent, 'SIGSTOP')
    expect((await stackStatus({ env, dir })).find((one) => one.service === 'redis')?.state).toBe('silent')
    const result = await up()
    expect(result.started).toEqual(['redis'])
    expect(await pidOf('redis')).not.toBe(silent)
  })

  test('two starts at once: one starts, the other waits and uses it', async () => {
    await stackDown({ dir })
    const waits: StackProgress[] = []
    const onProgress = (progress: StackProgress): void =>
      void (progress.kind === 'waiting' && waits.push(progress))
    const results = await Promise.all([up({ onProgress }), up({ onProgress })])
    expect(results.map(({ started }) => started.length).sort()).toEqual([0, 3])
    expect(results[0]!.addresses).toEqual(results[1]!.addresses)
    expect(waits).toHaveLength(1)
  })

  test('an interrupted start leaves nothing running', async () => {
    await stackDown({ dir })
    const interrupt = new AbortController()
    const seen: RecordedProcess[] = []
    const starting = stackUp({
      dir,
      env,
      anyPorts: true,
      signal: interrupt.signal,
      onProgress: ({ kind }) => {
        if (kind !== 'ready') return
        void stateNow().then(({ processes }) => {
          for (const one of Object.values(processes)) if (one !== undefined) seen.push(one)
          interrupt.abort()
        })
      },
    })
    await expect(starting).rejects.toMatchObject({ code: 'stack_interrupted' })
    expect(seen.length).toBeGreaterThan(0)
    for (const one of seen) expect(await isSameProcess(one)).toBe(false)
    await expect(stat(path.join(dir, 'state.json'))).rejects.toMatchObject({ code: 'ENOENT' })
  })

  test('a recorded number that now belongs to another process is left alone', async () => {
    await up()
    const state = await stateNow()
    const recorded = state.processes.redis!
    // As after a restart of the machine: our own number, with the start time of another process.
    state.processes.redis = { ...recorded, pid: process.pid }
    await writeFile(path.join(dir, 'state.json'), JSON.stringify(state))
    const { stopped } = await stackDown({ dir })
    expect(stopped).toEqual(['registry', 'kafka'])
    expect(await isSameProcess(recorded)).toBe(true)
    process.kill(recorded.pid, 'SIGTERM')
    await gone(recorded)
  })

  test('--clean forgets what was kept', async () => {
    const result = await up({ clean: true })
    expect(result.started).toHaveLength(3)
    expect(await read(result.addresses)).toEqual({ offset: null, state: null, subjects: [] })
  })
})

describe('nothing to do', () => {
  test('stopping where nothing was started', async () => {
    await expect(stackDown({ dir: path.join(dir, 'nowhere') })).resolves.toEqual({ stopped: [] })
    await expect(stat(path.join(dir, 'nowhere'))).rejects.toMatchObject({ code: 'ENOENT' })
  })
})

/** Says that this one is away, and looks at the others all the same. */
async function doctorMisses(service: ServiceName): Promise<void> {
  const addresses = await knownAddresses({ addresses: (wanted) => resolveAddresses({ env, dir }, wanted) })
  const findings = await examine(streamsConfigSchema.parse({}), addresses)
  const found = new Map(findings.map((finding) => [finding.check, finding]))
  const checks: Record<ServiceName, string> = {
    kafka: 'brokers',
    redis: 'redis commands',
    registry: 'registry',
  }
  for (const other of SERVICE_NAMES)
    if (other !== service) expect(found.get(checks[other])).toMatchObject({ verdict: 'ok' })
  expect(found.get(service === 'redis' ? 'redis' : checks[service])).toMatchObject({
    verdict: 'failed',
    found: expect.stringMatching(/^no local (Kafka|Redis|schema registry) runs/) as string,
    action: expect.stringContaining('`npx feedloop stack up`') as string,
  })
}

async function gone(recorded: RecordedProcess): Promise<void> {
  while (await isSameProcess(recorded)) await new Promise((resolve) => setTimeout(resolve, 10))
}

type Where = StackUp['addresses']

async function write(where: Where): Promise<void> {
  const kafka = createPlainKafka(where.kafka)
  const admin = kafka.admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic: 'kept', numPartitions: 1 }] })
  await admin.disconnect()
  const producer = kafka.producer()
  await producer.connect()
  await producer.send({ topic: 'kept', acks: -1, messages: [{ value: 'kept' }] })
  await producer.disconnect()
  const redis = createRedis(where.redis)
  await redis.set('kept', 'kept')
  redis.disconnect()
  const response = await requestRegistry(where.registry, '/subjects/kept-value/versions', {
    method: 'POST',
    body: { schema: '"string"' },
  })
  expect(response.status).toBe(200)
}

async function read(
  where: Where,
): Promise<{ offset: string | null; state: string | null; subjects: string[] }> {
  const admin = createPlainKafka(where.kafka).admin()
  await admin.connect()
  const topics = await admin.listTopics()
  const offset = topics.includes('kept') ? (await admin.fetchTopicOffsets('kept'))[0]!.high : null
  await admin.disconnect()
  const redis = createRedis(where.redis)
  const state = await redis.get('kept')
  redis.disconnect()
  const response = await requestRegistry(where.registry, '/subjects')
  return { offset, state, subjects: (await response.json()) as string[] }
}
