import {
  attribute,
  compileFeatureSet,
  featureStoreConfigSchema,
  outlookNow,
  recency,
  smoothedRate,
  unbuiltWords,
} from '#feature-store'
import type { ModelMove, Prediction } from '#schemas'
import {
  connectRuntime,
  requestHttp,
  silentLogger,
  simulatorConfigSchema,
  startSimulator,
  usualStartMs,
} from '#streams'
import { type FeedloopProcess, METRICS_URL } from '#streams/testing'
import { manifestOf } from '../../models/model-log.ts'
import type { OwnFeed } from './own-feed.ts'

/** What was seen while a feature was added to a loop that runs. */
export interface AddedFeature {
  /** Requests from the moment at which the first model answered, and what became of them. */
  requests: number
  unanswered: number
  /** Answers with a fallback reason, of whichever kind. */
  fallbacks: string[]
  /** Answers by no model. */
  withoutModel: number
  /** The longest that one of them took, ms of the records' times. */
  slowestMs: number
  /** What `check` said of the changed file. */
  checked: string
  /** What `models list` said before the backfill. */
  listed: string
  /** Models of the new set that moved anywhere before all its states were there. */
  early: string[]
  byOldModel: number
  byNewModel: number
  /** Vectors of the new set that were recorded while the old model still answered. */
  newVectorsOfOldModel: number
}

/** What a category is like, and how much this one clicks. */
const OLD_FEATURES = [
  smoothedRate({ entity: 'user', of: ['click'], per: ['view'], prior: 0.1, strength: 20 }),
  recency({ entity: 'user', of: ['click'] }),
  attribute({
    entity: 'item',
    attribute: 'category',
    as: { oneHot: ['c0', 'c1', 'c2', 'c3', 'c4', 'c5', 'c6', 'c7'] },
  }),
]
/** States of items, of their interactions and of what is known of them are made anew; it tells more than all others. */
const ADDED = [
  smoothedRate({ entity: 'item', of: ['click'], per: ['view'], prior: 0.1, strength: 20, name: 'item_rate' }),
  attribute({
    entity: 'item',
    attribute: 'price',
    as: 'number',
    scale: { subtract: 0.5, divide: 0.3 },
    name: 'item_price',
  }),
]
const sections = (features: readonly object[]) => ({
  kafka: { partitions: 2 },
  features: { features },
  trainer: {
    labels: { click: { positive: ['click'], shown: ['shown', 'view'], horizonMinutes: 3 } },
    // What is answered late on a busy machine is shown late, and is an example all the same.
    shownWithinMinutes: 600,
    promotion: {
      ...{ firstCandidateExamples: 400, candidateEveryExamples: 400 },
      ...{ freshExamplesMin: 400, freshPositivesMin: 10 },
    },
  },
})
export const FEED_BEFORE = sections(OLD_FEATURES)
export const FEED_AFTER = sections([...OLD_FEATURES, ...ADDED])

/** How long the simulated people wait for an answer, wall clock: what comes later is shown as nobody ranked it. */
const PATIENCE_MS = 120_000
/**
 * A feature is added to a loop whose simulated people never stop asking: `check`, `replay start --for-config`, and one service
 * after the other with the new file, the trainer before the backfill, until a model of the new set answers.
 *
 * @param feed opened with FEED_BEFORE
 */
export async function addFeature(feed: OwnFeed): Promise<AddedFeature> {
  const newId = compileFeatureSet(featureStoreConfigSchema.parse(FEED_AFTER.features)).id
  const watch = await watchAnswers(feed)
  let scorer = feed.run('scorer', '--metrics-port', '0')
  const features = feed.run('features')
  const trainer = feed.run('trainer')
  const people = await startSimulator(feed.runtime, {
    ...{ seed: '1', speed: 60, startMs: usualStartMs(Date.now()), answerWithinMs: PATIENCE_MS },
    config: simulatorConfigSchema.parse({ requestsPerMinute: 8, historyMinutes: 60 }),
  })
  await feed.until('a first model to answer', async () => watch.answeredBy(watch.live()) > 0)
  const oldModel = watch.live()!
  watch.begin()

  feed.edit(FEED_AFTER)
  const checked = await saidBy(feed, 'check')
  const trainerAfter = await restarted(feed, trainer, 'trainer')
  await trainerAfter.wrote('learner_feature_set_awaited')
  const listed = await saidBy(feed, 'models', 'list')
  const backfill = feed.command(['replay', 'start', '--for-config', '--into', 'added', '--niceness', '0'])
  const lastUnbuiltAtMs = await untilBuilt(feed)

  // The new one takes requests before the old one leaves.
  const scorerBefore = scorer
  scorer = feed.run('scorer', '--metrics-port', '0')
  await untilServing(feed, scorer)
  await stopped(scorerBefore)
  backfill.mayEnd() // the features service takes its states over
  await restarted(feed, features, 'features')
  await feed.until('a model of the new set to answer', async () => {
    const live = watch.live()
    return live !== oldModel && watch.setOf(live) === newId && watch.answeredBy(live) > 0
  })
  await people.stop()
  await feed.until('all to be answered', async () => watch.unanswered() === 0)
  await watch.stop()
  return {
    ...watch.told(oldModel, newId),
    checked,
    listed,
    early: watch.movesBefore(lastUnbuiltAtMs, newId),
  }
}

async function stopped(process: FeedloopProcess): Promise<void> {
  process.mayEnd()
  const exitCode = await process.stop()
  if (exitCode !== 0) throw new Error(`ended with ${String(exitCode)}`)
}

async function restarted(
  feed: OwnFeed,
  process: FeedloopProcess,
  service: 'features' | 'trainer',
): Promise<FeedloopProcess> {
  await stopped(process)
  return feed.run(service)
}

/** Standard output and errors of a command that ended well. */
async function saidBy(feed: OwnFeed, ...argv: string[]): Promise<string> {
  const command = feed.command(argv)
  command.mayEnd()
  const { exitCode, stdout, stderr } = await command.ended
  if (exitCode !== 0) throw new Error(`${argv.join(' ')} ended with ${String(exitCode)}: ${stderr}`)
  return `${stdout}\n${stderr}`
}

async function untilServing(feed: OwnFeed, scorer: FeedloopProcess): Promise<void> {
  const url = await scorer.said(METRICS_URL)
  await feed.until(
    'the new scorer to be ready',
    async () => (await requestHttp(`${url}/readyz`)).status === 200,
  )
}

/** @returns the last moment (wall clock, ms) at which something of the new states was still missing */
async function untilBuilt(feed: OwnFeed): Promise<number> {
  const config = { ...feed.config, features: featureStoreConfigSchema.parse(FEED_AFTER.features) }
  let lastUnbuiltAtMs = -Infinity
  await feed.until('the backfill to be there', async () => {
    const askedAtMs = Date.now()
    if (unbuiltWords(await outlookNow(config, feed.addresses)) === undefined) return true
    lastUnbuiltAtMs = askedAtMs
    return false
  })
  return lastUnbuiltAtMs
}

/** Requests, answers and models, as whoever reads all topics sees them. */
async function watchAnswers(feed: OwnFeed) {
  const { addresses, config } = feed
  const runtime = await connectRuntime({ addresses, config, clientId: 'watch', log: silentLogger })
  const asked = new Map<string, number>()
  const answers = new Map<string, { answer: Prediction; atMs: number }>()
  const moves: ModelMove[] = []
  const sets = new Map<string, string>()
  let firstMs = Infinity
  const followers = [
    await runtime.follow({
      name: 'watch-requests',
      topic: 'requests',
      startFrom: 'earliest',
      record: ({ value, brokerTimeMs }) => void (value && asked.set(value.requestId, brokerTimeMs)),
    }),
    await runtime.follow({
      name: 'watch-predictions',
      topic: 'predictions',
      startFrom: 'earliest',
      record({ value, brokerTimeMs }) {
        if (value !== null && !answers.has(value.requestId))
          answers.set(value.requestId, { answer: value, atMs: brokerTimeMs })
      },
    }),
    await runtime.follow({
      name: 'watch-models',
      topic: 'models',
      startFrom: 'earliest',
      record({ value }) {
        if (value === null) return
        moves.push(value)
        sets.set(value.modelId, manifestOf(value)?.featureSetId ?? '')
      },
    }),
  ]
  const counted = () => [...asked].filter(([, atMs]) => atMs >= firstMs)
  const countedAnswers = () => counted().flatMap(([id]) => answers.get(id)?.answer ?? [])
  const live = () => moves.findLast(({ stage }) => stage === 'champion')?.modelId

  return {
    live,
    setOf: (modelId: string | undefined) => sets.get(modelId ?? ''),
    answeredBy: (modelId: string | undefined) =>
      modelId === undefined
        ? 0
        : [...answers.values()].filter(({ answer }) => answer.modelId === modelId).length,
    /** What was asked from now on counts. */
    begin: () => void (firstMs = Math.max(...asked.values())),
    unanswered: () => counted().filter(([id]) => !answers.has(id)).length,
    movesBefore: (atMs: number, featureSetId: string) =>
      moves
        .filter(({ modelId, movedAtMs }) => sets.get(modelId) === featureSetId && movedAtMs <= atMs)
        .map(({ modelId, stage }) => `${modelId} ${stage}`),
    told(oldModel: string, newId: string) {
      const all = countedAnswers()
      const ofOld = all.filter(({ modelId }) => sets.get(modelId) !== newId)
      return {
        requests: counted().length,
        unanswered: counted().filter(([id]) => !answers.has(id)).length,
        fallbacks: all.flatMap(({ fallbackReason }) => fallbackReason ?? []),
        withoutModel: all.filter(({ modelId }) => modelId === '').length,
        slowestMs: Math.max(...counted().map(([id, atMs]) => (answers.get(id)?.atMs ?? Infinity) - atMs)),
        byOldModel: all.filter(({ modelId }) => modelId === oldModel).length,
        byNewModel: all.filter(({ modelId }) => sets.get(modelId) === newId).length,
        newVectorsOfOldModel: ofOld.filter(({ featureSetId }) => featureSetId === newId).length,
      }
    },
    async stop() {
      for (const follower of followers) await follower.stop()
      await runtime.close()
    },
  }
}
