import { afterEach, expect, it } from 'vitest'
import { compareStore, compileFeatureSet, createReplay, FEATURE_LOG_EVENTS } from '#feature-store'
import { readTopic, requestHttp } from '#streams'
import { METRICS_URL, type OwnRedis, startFeedloop, startOwnRedis, until } from '#streams/testing'
import { describeServices } from '#streams/testing/services'
import { declaredItems, declaredUsers, interactionOf, workloadOf } from './faults/numbered-traffic.ts'
import { makeRunFolder } from './demo/fs-run-folder.ts'
import { openOwnFeed, type OwnFeed } from './testing/own-feed.ts'

const cleanups: (() => Promise<unknown> | void)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

interface Answer {
  http: number
  status: string
  checks: Record<string, { status: string; reason?: string }>
}

const WORKLOAD = workloadOf({ seed: 5, interactions: 900, users: 30, items: 20 })
const AWAITED = new RegExp(`(${FEATURE_LOG_EVENTS.storeAwaited})`)
const SCORER_URL = /"url":"(http:[^"]+)".*http_listening/

/** `run all` of a feed whose Redis may be harmed. */
async function runAll(addresses: Parameters<typeof openOwnFeed>[0], redis: OwnRedis) {
  const own = { ...addresses, redis: redis.address }
  const feedFile = { scorer: { http: { port: 0 } } }
  const feed = await openOwnFeed(own, 'outage', feedFile)
  cleanups.push(async () => {
    if (!(await redis.isAlive())) await redis.restart() // to close, the feed removes its states
    await feed.close()
  })
  const folder = makeRunFolder({ ...feedFile, prefix: feed.prefix })
  cleanups.push(() => folder.remove())
  const start = () => {
    const all = startFeedloop(['run', 'all', '--metrics-port', '0'], own, {
      FEEDLOOP_CONFIG: folder.feedFile,
    })
    return feed.adopt(all)
  }
  return { feed, start }
}

async function urlsOf(all: ReturnType<typeof startFeedloop>) {
  const [metrics, scorer] = [await all.said(METRICS_URL), await all.said(SCORER_URL)]
  const readyz = async (url: string): Promise<Answer> => {
    const answer = await requestHttp(`${url}/readyz`)
    return { http: answer.status, ...((await answer.json()) as Omit<Answer, 'http'>) }
  }
  let asked = 0
  return {
    all: () => readyz(metrics),
    scorer: () => readyz(scorer),
    alive: async () => (await requestHttp(`${metrics}/healthz`)).status,
    predict: async () => {
      const body = { requestId: `r${String(asked++)}`, userId: 'u1', candidates: ['i1', 'i2'] }
      const answer = await requestHttp(`${scorer}/predict`, { method: 'POST', body })
      return (await answer.json()) as { fallbackReason: string; ranking: unknown[] }
    },
  }
}

async function send({ runtime }: OwnFeed, from: number, to: number): Promise<void> {
  const outputs = await runtime.outputs('traffic')
  if (from === 0) {
    for (const user of declaredUsers(WORKLOAD)) outputs.add('users', { key: user.userId, value: user })
    for (const item of declaredItems(WORKLOAD)) outputs.add('items', { key: item.itemId, value: item })
    await outputs.flush()
  }
  for (let number = from; number < to; number++) {
    const value = interactionOf(WORKLOAD, number)
    outputs.add('interactions', { key: value.userId, value })
  }
  await outputs.flush()
  await outputs.close()
}

/** What the store holds, against the log. */
async function judge({ runtime, config, store, addresses }: OwnFeed) {
  const replay = createReplay({
    featureSet: compileFeatureSet(config.features),
    topicName: (topic) => runtime.topicName(topic),
    partitionOf: (topic, key) => runtime.partitionOf(topic, key),
  })
  for (const topic of ['users', 'items', 'interactions', 'itemInteractions'] as const)
    for await (const raw of readTopic({ addresses, topicName: runtime.topicName(topic) })) {
      await runtime.codec.load(topic, raw.value!)
      replay.add(topic, { ...raw, value: runtime.codec.decode(topic, raw.value!) as never })
    }
  return compareStore(replay, store, (topic) => runtime.partitionCount(topic))
}

describeServices('run all while Redis is away', (addresses) => {
  it('answers by the fallback, loses nothing, and goes on', async () => {
    const redis = await startOwnRedis()
    cleanups.push(() => redis.close())
    const { feed, start } = await runAll(addresses, redis)
    const all = start()
    const ask = await urlsOf(all)
    await send(feed, 0, 300)
    await feed.caughtUp('features-item', 'itemInteractions')
    await feed.until('readiness', async () => (await ask.all()).http === 200)
    // By itself it looks once a second whether everything was there.
    await feed.until('readiness of the scorer', async () => (await ask.scorer()).http === 200)
    expect(await ask.all()).toMatchObject({
      status: 'degraded',
      checks: { 'scorer.model': { status: 'degraded' }, 'scorer.store': { status: 'ok' } },
    })
    expect(await ask.predict()).toMatchObject({ fallbackReason: 'no_model' })

    await redis.kill()
    await send(feed, 300, 600)
    for (let time = 0; time < 50; time++)
      expect(await ask.predict()).toMatchObject({ fallbackReason: 'store_unavailable' })
    await all.said(AWAITED) // longer than a batch sits out
    expect(await ask.alive()).toBe(200)
    const away = await ask.all()
    expect(away).toMatchObject({ http: 200, status: 'degraded' })
    for (const check of ['scorer.store', 'features.store'])
      expect(away.checks[check]).toMatchObject({ status: 'waiting', reason: expect.stringMatching(/Redis/) })
    expect(await ask.scorer()).toMatchObject({ http: 200, checks: { store: { status: 'waiting' } } })
    await new Promise((resolve) => setTimeout(resolve, 5_000))

    await redis.restart()
    await send(feed, 600, 900)
    await feed.caughtUp('features-user', 'interactions')
    await feed.caughtUp('features-item', 'itemInteractions')
    await feed.until('the fallback to end', async () => (await ask.predict()).fallbackReason === 'no_model')
    await feed.until('the store to be ok', async () => {
      const { checks } = await ask.all()
      return checks['scorer.store']?.status === 'ok' && checks['features.store']?.status === 'ok'
    })
    expect(await all.stop()).toBe(0)
    const { stderr } = await all.ended
    const told = stderr.split('\n').filter((line) => line.includes('"msg":"store_unavailable"'))
    expect(told.length).toBeLessThan(5)
    const { user, item } = await judge(feed)
    const exact = { expected: 900, applied: 900, lost: 0, duplicates: 0, different: 0 }
    expect(user).toMatchObject(exact)
    expect(item).toMatchObject(exact)
  })

  it('starts without Redis, says what it waits for, answers, and is ready once Redis is there', async () => {
    const redis = await startOwnRedis()
    cleanups.push(() => redis.close())
    const { feed, start } = await runAll(addresses, redis)
    await redis.kill()
    const all = start()
    const ask = await urlsOf(all)
    await all.said(AWAITED)
    expect(await ask.predict()).toMatchObject({ fallbackReason: 'store_unavailable' })
    await until('all services to be told of', async () => 'features.store' in (await ask.all()).checks)
    const away = await ask.all()
    expect(away).toMatchObject({ http: 503, status: 'starting' })
    expect(away.checks['scorer.store']?.reason).toContain(new URL(redis.url).host)
    await redis.restart()
    await feed.until('readiness', async () => (await ask.all()).http === 200)
    expect(await ask.predict()).toMatchObject({ fallbackReason: 'no_model' })
    expect(await all.stop()).toBe(0)
  })

  it('ends in order while it waits', async () => {
    const redis = await startOwnRedis()
    cleanups.push(() => redis.close())
    const { start } = await runAll(addresses, redis)
    await redis.kill()
    const all = start()
    await all.said(AWAITED)
    expect(await all.stop()).toBe(0)
  })
})
