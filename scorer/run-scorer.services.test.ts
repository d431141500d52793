import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { afterEach, describe, expect, inject, it } from 'vitest'
import { compileFeatureSet, featureStoreConfigSchema, openFeedStore, startFeatureStore } from '#feature-store'
import type { Prediction } from '#schemas'
import {
  type Addresses,
  applyTopics,
  catalogueOf,
  connectRuntime,
  deleteTopics,
  readTopic,
  requestHttp,
  silentLogger,
  streamsConfigSchema,
} from '#streams'
import { runScorer, type ScorerFeedConfig } from './commands.ts'
import { scorerConfigSchema } from './config.ts'
import { publishModel } from './testing/model-records.ts'

const addresses = inject('stack')
const NOW_MS = Date.now()
const CANDIDATES = Array.from({ length: 20 }, (_, item) => `i${item}`)
const cleanups: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

/** A feed of its own with a running feature store, on the real services. */
async function feedOf(stack: Addresses, http: object) {
  const streams = streamsConfigSchema.parse({ prefix: `h5-${randomUUID().slice(0, 8)}` })
  const config: ScorerFeedConfig = {
    ...streams,
    features: featureStoreConfigSchema.parse({}),
    scorer: scorerConfigSchema.parse({ http }),
  }
  const catalogue = catalogueOf(streams)
  await applyTopics(stack, Object.values(catalogue))
  cleanups.push(() =>
    deleteTopics(
      stack,
      Object.values(catalogue).map(({ name }) => name),
    ),
  )
  const connect = (clientId: string) =>
    connectRuntime({ addresses: stack, config: streams, clientId, log: silentLogger })
  const runtime = await connect('test')
  cleanups.push(() => runtime.close())
  const store = await openFeedStore(stack.redis, config)
  cleanups.push(() => store.close())
  const features = await startFeatureStore(runtime, { config: config.features, store })
  cleanups.push(() => features.stop())
  await features.ready
  const outputs = await runtime.outputs('test')
  const scorer = await runScorer({
    loadConfig: () => Promise.resolve(config),
    addresses: () => Promise.resolve(stack),
    connect,
    untilStopped: () => Promise.resolve(),
  })
  cleanups.push(() => scorer.stop())
  await scorer.ready
  async function predictions(): Promise<Prediction[]> {
    const found: Prediction[] = []
    for await (const { value } of readTopic({
      addresses: stack,
      topicName: runtime.topicName('predictions'),
    })) {
      if (value === null) continue
      await runtime.codec.load('predictions', value)
      found.push(runtime.codec.decode('predictions', value))
    }
    return found
  }
  const ask = (id: number) => {
    const userId = `u${id % 7}`
    const request = { requestId: `r${id}`, userId, occurredAtMs: NOW_MS, candidates: CANDIDATES, context: [] }
    outputs.add('requests', { key: userId, value: request })
  }
  async function answered(count: number): Promise<Prediction[]> {
    await outputs.flush()
    for (;;) {
      const found = await predictions()
      if (found.length >= count) return found
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
  return { scorer, outputs, ask, answered, featureSet: compileFeatureSet(config.features) }
}

describe.skipIf(addresses === null)('run scorer on real Kafka, Redis, registry and ONNX Runtime', () => {
  it('ranks without a model, then with the one that is promoted', async () => {
    const { ask, answered, outputs, featureSet } = await feedOf(addresses as Addresses, {})
    for (let id = 0; id < 20; id++) ask(id)
    const cold = await answered(20)
    expect(new Set(cold.map(({ fallbackReason }) => fallbackReason))).toEqual(new Set(['no_model']))
    expect(
      cold.every(({ ranking }) => ranking.every(({ vector }) => vector?.length === featureSet.width * 4)),
    ).toBe(true)

    const { artifacts, move } = publishModel('m1', featureSet)
    for (const piece of artifacts) outputs.add('modelArtifacts', { key: `m1/${piece.index}`, value: piece })
    outputs.add('models', { key: 'm1', value: move('champion') })
    let asked = 20
    let live: Prediction | undefined
    while (live === undefined) {
      ask(asked++)
      live = (await answered(asked)).find(({ modelId }) => modelId === 'm1')
    }
    expect(live.fallbackReason).toBeNull()
    expect(live.ranking.every(({ score }) => score !== null && score > 0 && score < 1)).toBe(true)
    const all = await answered(asked)
    expect(new Set(all.map(({ requestId }) => requestId)).size).toBe(asked)
    expect(all.length).toBe(asked)
  })

  it('answers the curl line of the README', async () => {
    const { answered, scorer } = await feedOf(addresses as Addresses, { port: 0 })
    const readme = readFileSync(`${import.meta.dirname}/README.md`, 'utf8')
    const line = /^curl .*$/m.exec(readme)![0].replace('http://127.0.0.1:8080', scorer.httpUrl ?? 'off')
    const { stdout } = await promisify(execFile)('sh', ['-c', `${line} -sS`])
    expect(JSON.parse(stdout)).toMatchObject({ predictionId: 'p:r1', recorded: true })
    expect(await answered(1)).toMatchObject([{ predictionId: 'p:r1', requestPartition: -1 }])
  })

  it('answers HTTP and records it', async () => {
    const { answered, scorer } = await feedOf(addresses as Addresses, { port: 0 })
    const url = scorer.httpUrl ?? 'off'
    expect((await requestHttp(`${url}/readyz`)).status).toBe(200)
    const body = { requestId: 'h1', userId: 'u1', candidates: CANDIDATES }
    const answer = await requestHttp(`${url}/predict`, { method: 'POST', body })
    expect(await answer.json()).toMatchObject({
      predictionId: 'p:h1',
      fallbackReason: 'no_model',
      recorded: true,
    })
    expect(await answered(1)).toMatchObject([{ predictionId: 'p:h1', requestPartition: -1 }])
    expect(await (await requestHttp(`${url}/metrics`)).text()).toMatch(
      /^feedloop_requests_fell_back_total\{reason="no_model"\} 1$/m,
    )
  })
})
