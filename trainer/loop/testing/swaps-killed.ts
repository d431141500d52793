import { setTimeout as sleep } from 'node:timers/promises'
import type { LoopService, ModelMove } from '#schemas'
import { createChance } from '#schemas/testing'
import type { Addresses } from '#streams'
import type { FeedloopProcess } from '#streams/testing'
import { createModelLog } from '../../models/model-log.ts'
import { judgePredictions } from '../faults/kafka-judge.ts'
import { startTraffic } from '../faults/kafka-numbered-traffic.ts'
import { workloadOf } from '../faults/numbered-traffic.ts'
import { openOwnFeed, type OwnFeed } from './own-feed.ts'
import { startReadyExamples } from './ready-traffic.ts'
import { halfModelsIn, provenModels } from './whole-models.ts'

export interface SwapsKilled {
  kills: Record<Victim, number>
  /** Models that became champion. */
  swaps: number
  requests: number
  unanswered: number
  /** Requests with answers of two ids. */
  answeredTwice: number
  /** Answers that were none of the candidates asked about. */
  wrong: number
  /** Answers by a model, and of them those by one that was never champion. */
  byModels: number
  byOthers: number
  halfModels: string[]
  /** Models that a scorer refused. */
  refused: number
  /** Models that anybody may open: each passed its golden rows here. */
  proven: number
}

type Victim = Extract<LoopService, 'scorer' | 'trainer'>

const REQUESTS_PER_SECOND = 100
/** More than are ever sent. */
const REQUESTS_MAX = 1_000_000
const EXAMPLES = { first: 2_000, perTurn: 20, turnMs: 100 }
/** A swap takes some tens of ms, from the first piece of a file to the last tombstone. */
const KILL_WITHIN_MS = 60
const FEED = {
  kafka: { partitions: 2 },
  limits: { sessionTimeoutMs: 3_000, heartbeatIntervalMs: 500 },
  scorer: { requestAgeDaysMax: 0 },
  trainer: {
    // A model after the other, and about every second one becomes champion.
    promotion: {
      ...{ firstCandidateExamples: 300, candidateEveryExamples: 100, freshExamplesMin: 100 },
      ...{ freshPositivesMin: 5, improvementMin: 0, improvementZMin: 0, calibrationTolerance: 2 },
      artifactChunkBytes: 1_024,
    },
    limits: { rebuildExamplesMax: 1_000 },
  },
}

/**
 * Scorer and trainer in turn are killed at some moment of one swap after the other, while requests and examples go on
 * coming; then both are left alone until what is champion answers.
 */
export async function killSwaps(addresses: Addresses, name: string, kills: number): Promise<SwapsKilled> {
  const feed = await openOwnFeed(addresses, name, FEED)
  try {
    return await killed(feed, kills)
  } finally {
    await feed.close()
  }
}

async function killed(feed: OwnFeed, kills: number): Promise<SwapsKilled> {
  const chance = createChance(kills)
  const workload = workloadOf({ seed: kills, interactions: 0, requests: REQUESTS_MAX })
  const ending = new AbortController()
  feed.run('features')
  const fleet = startFleet(feed)
  const watch = await watchSwaps(feed)
  const examples = await startReadyExamples(feed, EXAMPLES)
  const traffic = await startTraffic(feed, workload, {
    perSecond: REQUESTS_PER_SECOND,
    signal: ending.signal,
  })
  await feed.until('a first model to answer', () => Promise.resolve(watch.answers.size > 0))
  for (let done = 0; done < kills; done++) {
    const victim = done % 2 === 0 ? 'scorer' : 'trainer'
    // Of the trainer's work the file comes first, then the move: each is interrupted in its turn.
    const sign = victim === 'trainer' && done % 4 === 1 ? watch.pieces : watch.promoted
    const before = sign()
    await feed.until('a swap to begin', () => Promise.resolve(sign() > before), 1)
    await sleep(chance() * KILL_WITHIN_MS)
    const answered = watch.answered()
    await fleet.killed(victim)
    await feed.until('answers after the kill', () => Promise.resolve(watch.answered() > answered))
  }
  const promoted = watch.promoted()
  await feed.until('a swap after the last kill', () => Promise.resolve(watch.promoted() > promoted))
  await examples.stop()
  await feed.until('the champion to answer', () => Promise.resolve(watch.last() === watch.live()))
  ending.abort()
  await traffic.done
  await feed.caughtUp('scorer', 'requests')
  await feed.caughtUp('learner', 'examples')
  const { refused } = await fleet.stop()
  await watch.stop()
  const { lost, duplicated, wrong } = await judgePredictions(feed, workload, traffic.requests)
  return {
    kills: fleet.kills,
    swaps: watch.promoted(),
    requests: traffic.requests.count,
    ...{ unanswered: lost, answeredTwice: duplicated, wrong, refused },
    ...watch.answeredBy(),
    halfModels: halfModelsIn(watch.moves),
    proven: await provenModels(feed),
  }
}

/** One of each; whoever is killed is started anew. */
function startFleet(feed: OwnFeed) {
  const running: Record<Victim, FeedloopProcess> = {
    scorer: feed.run('scorer'),
    trainer: feed.run('trainer'),
  }
  const all: FeedloopProcess[] = Object.values(running)
  const kills: Record<Victim, number> = { scorer: 0, trainer: 0 }
  return {
    kills,
    async killed(victim: Victim): Promise<void> {
      running[victim].mayEnd()
      await running[victim].kill()
      kills[victim] += 1
      running[victim] = feed.run(victim)
      all.push(running[victim])
    },
    async stop() {
      for (const each of Object.values(running)) {
        each.mayEnd()
        await each.stop()
      }
      const written = await Promise.all(all.map(({ ended }) => ended))
      const refused = written.filter(({ stdout, stderr }) => `${stdout}${stderr}`.includes('model_refused'))
      return { refused: refused.length }
    },
  }
}

/** What the topics tell of swaps and of who answers. */
async function watchSwaps(feed: OwnFeed) {
  const moves: ModelMove[] = []
  const log = createModelLog()
  const answers = new Map<string, number>()
  let [pieces, promoted, answered, last] = [0, 0, 0, '']
  const champions = new Set<string>()
  const followers = [
    await feed.follow({
      ...{ name: 'watch-moves', topic: 'models', startFrom: 'earliest' },
      record(record) {
        log.noteMove(record)
        if (record.value === null) return
        moves.push(record.value)
        const { modelId, stage } = record.value
        if (stage !== 'champion' || champions.has(modelId)) return
        champions.add(modelId)
        promoted += 1
      },
    }),
    await feed.follow({
      ...{ name: 'watch-pieces', topic: 'modelArtifacts', startFrom: 'earliest' },
      record({ value }) {
        if (value?.index === 0) pieces += 1
      },
    }),
    await feed.follow({
      ...{ name: 'watch-answers', topic: 'predictions', startFrom: 'earliest' },
      record({ value }) {
        if (value === null) return
        answered += 1
        if (value.modelId === '') return
        last = value.modelId
        answers.set(last, (answers.get(last) ?? 0) + 1)
      },
    }),
  ]
  return {
    ...{ moves, answers },
    pieces: () => pieces,
    promoted: () => promoted,
    answered: () => answered,
    last: () => last,
    live: () => log.live()?.modelId,
    answeredBy() {
      const by = [...answers]
      const sum = (some: [string, number][]) => some.reduce((total, [, count]) => total + count, 0)
      return { byModels: sum(by), byOthers: sum(by.filter(([modelId]) => !champions.has(modelId))) }
    },
    async stop() {
      for (const follower of followers) await follower.stop()
    },
  }
}
