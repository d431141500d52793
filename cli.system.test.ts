import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import {
  compareStore,
  compileFeatureSet,
  createFeatureReader,
  createReplay,
  partitionTag,
  startFeatureStore,
  type StateStore,
} from '#feature-store'
import { createMemoryStore } from '#feature-store/testing'
import { startScorer } from '#scorer'
import { createFeedPlayer, createFeedSimulation, type RunningStage, simulatorConfigSchema } from '#streams'
import { type CrashMoment, createTopologyTestDriver, type TopologyTestDriver } from '#streams/testing'
import { startTrainer } from '#trainer'
import { openLinearModel } from '#trainer/testing'
import { feedSchema } from './cli.ts'

const START_MS = 1_700_000_000_000
/** The broker's clock; the feed's runs in the past, 60 times as fast. */
const WALL_MS = START_MS + 30 * 86_400_000
const SPEED = 60
const TICK_MS = 500

const feed = feedSchema.parse({
  trainer: {
    labels: { click: { positive: ['click'], shown: ['view'], horizonMinutes: 2 } },
    promotion: {
      firstCandidateExamples: 300,
      candidateEveryExamples: 1_000,
      freshExamplesMin: 400,
      freshPositivesMin: 10,
    },
  },
})
const people = simulatorConfigSchema.parse({
  usersMax: 40,
  liveItemsMax: 40,
  historyMinutes: 20,
  requestsPerMinute: 20,
})

type ServiceName = 'features' | 'scorer' | 'trainer'

interface Disturbance {
  /** Kills a stage in its next batch after this many ticks: with half its outputs written, or before its commit. */
  crash?: { stage: string; moment: CrashMoment; afterTicks: number }
}

/** The whole loop in memory: all services, a simulated feed, one seed. */
async function play(seed: number, ticks: number, { crash }: Disturbance = {}) {
  const driver = await createTopologyTestDriver({ seed, startMs: WALL_MS, config: streamsOf() })
  const store = createMemoryStore()
  const featureSet = compileFeatureSet(feed.features)
  const start = {
    features: () => startFeatureStore(driver, { config: feed.features, store }),
    scorer: () =>
      startScorer(driver, {
        config: feed.scorer,
        features: createFeatureReader({ runtime: driver, store, featureSet }),
        openModel: openLinearModel,
      }),
    trainer: () => startTrainer(driver, { config: feed.trainer, featureSet, openModel: openLinearModel }),
  }
  const dead = new Set<ServiceName>()
  let deaths = 0
  const running: Record<ServiceName, RunningStage> = {
    features: await driver.settleUntil(start.features()),
    scorer: await driver.settleUntil(start.scorer()),
    trainer: await driver.settleUntil(start.trainer()),
  }
  for (const service of Object.keys(running) as ServiceName[]) {
    noteDeath(service)
    await driver.settleUntil(running[service].ready)
  }

  const simulation = createFeedSimulation({ seed: String(seed), config: people, startMs: START_MS })
  const outputs = await driver.outputs('feed')
  const player = createFeedPlayer({
    simulation,
    outputs,
    startMs: START_MS,
    speed: SPEED,
    answerWithinMs: 60_000,
  })
  const follower = await driver.follow({
    name: 'feed',
    topic: 'predictions',
    startFrom: 'latest',
    record: ({ value }) => (value === null ? undefined : player.predicted(value)),
  })
  await player.tellHistory()
  await driver.settle()
  player.startClock(WALL_MS)
  for (let tick = 1; tick <= ticks; tick++) {
    if (crash?.afterTicks === tick) driver.crashNext(crash.stage, crash.moment)
    await player.tick(WALL_MS + tick * TICK_MS)
    await driver.settle()
    for (const service of dead) await restart(service)
  }
  player.close()
  await player.finish()
  await driver.settle()
  await follower.stop()
  for (const service of Object.values(running)) await service.stop()
  return {
    driver,
    store,
    digest: driver.digest(),
    states: await digestOf(driver, store),
    counts: player.counts,
    deaths,
  }

  /** What a supervisor does. */
  async function restart(service: ServiceName): Promise<void> {
    dead.delete(service)
    await driver.settleUntil(running[service].stop().catch(() => undefined))
    running[service] = await driver.settleUntil(start[service]())
    noteDeath(service)
    await driver.settleUntil(running[service].ready)
    await driver.settle()
  }

  function noteDeath(service: ServiceName): void {
    running[service].done.catch(() => {
      dead.add(service)
      deaths += 1
    })
  }
}

function streamsOf() {
  const { features: _features, scorer: _scorer, trainer: _trainer, ...streams } = feed
  return streams
}

async function digestOf(driver: TopologyTestDriver, store: StateStore): Promise<string> {
  const { layouts } = compileFeatureSet(feed.features)
  const hash = createHash('sha256')
  for (const [topic, { id: layoutId }] of [
    ['interactions', layouts.user],
    ['itemInteractions', layouts.item],
  ] as const) {
    for (let partition = 0; partition < driver.partitionCount(topic); partition++) {
      const blobs: string[] = []
      for await (const { id, blob } of store.scan(
        partitionTag(driver.topicName(topic), partition, layoutId),
      )) {
        blobs.push(`${id} ${blob.toString('hex')}`)
      }
      hash.update(blobs.sort().join('\n'))
    }
  }
  return hash.digest('hex')
}

describe('the whole loop, in memory', () => {
  const TICKS = 80

  it('reproduces a run bit for bit from its seed, and another seed is another run', async () => {
    const [once, again, other] = [await play(1, TICKS), await play(1, TICKS), await play(2, TICKS)]
    expect(again.digest).toBe(once.digest)
    expect(again.states).toBe(once.states)
    expect(other.digest).not.toBe(once.digest)
    expect(other.states).not.toBe(once.states)
  })

  it('closes: requests are answered, outcomes become examples, a model is promoted and answers', async () => {
    const { driver, counts } = await play(3, TICKS)
    const predictions = driver.records('predictions').map(({ value }) => value!)
    expect(counts.requests).toBeGreaterThan(500)
    expect(new Set(predictions.map(({ requestId }) => requestId)).size).toBe(counts.requests)
    expect(predictions.length).toBe(counts.requests)
    const champions = driver.records('models').filter(({ value }) => value?.stage === 'champion')
    expect(champions.length).toBeGreaterThanOrEqual(1)
    const answered = new Set(predictions.map(({ modelId }) => modelId))
    expect(answered).toContain(champions[0]!.value!.modelId)
    expect(driver.rawRecords('deadLetters')).toEqual([])
  })

  it.each([
    ['features-user', 'flush'],
    ['features-user', 'commit'],
    ['features-item', 'commit'],
    ['scorer', 'flush'],
    ['joiner', 'flush'],
    ['learner', 'commit'],
  ] as const)(
    'loses nothing and applies nothing twice when %s is killed before its %s',
    async (stage, moment) => {
      const { driver, store, counts, deaths } = await play(4, 40, {
        crash: { stage, moment, afterTicks: 20 },
      })
      expect(deaths).toBe(1)
      const predictions = driver.records('predictions').map(({ value }) => value!.requestId)
      expect(new Set(predictions).size).toBe(counts.requests)
      const compared = await compareStore(replayOf(driver), store, (topic) => driver.partitionCount(topic))
      expect(compared.user).toMatchObject({
        applied: counts.interactions,
        lost: 0,
        duplicates: 0,
        different: 0,
      })
      expect(compared.item).toMatchObject({
        applied: counts.interactions,
        lost: 0,
        duplicates: 0,
        different: 0,
      })
    },
  )
})

/** What the logs say that every state must be. */
function replayOf(driver: TopologyTestDriver) {
  const replay = createReplay({
    featureSet: compileFeatureSet(feed.features),
    topicName: (topic) => driver.topicName(topic),
    partitionOf: (topic, key) => driver.partitionOf(topic, key),
  })
  for (const topic of ['users', 'items', 'interactions', 'itemInteractions'] as const) {
    for (const record of driver.records(topic)) replay.add(topic, record)
  }
  return replay
}
