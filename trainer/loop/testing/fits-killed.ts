import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { DriftEvent, ModelMove } from '#schemas'
import { createChance } from '#schemas/testing'
import type { Addresses } from '#streams'
import type { FeedloopProcess } from '#streams/testing'
import { isRetrainEvent } from '../../learning/retrain-event.ts'
import { openOwnFeed, type OwnFeed } from './own-feed.ts'
import { startReadyExamples } from './ready-traffic.ts'
import { halfModelsIn, provenModels } from './whole-models.ts'

export interface FitKills {
  kills: number
  /**
   * After each kill it is waited for. But a trainer that gets no CPU for so long loses its partitions, and begins again: on a
   * machine that is short of CPU it would never come to fit.
   */
  sessionTimeoutMs: number
  say?: (line: string) => void
}

export interface FitsKilled {
  kills: number
  /** Fits that began, and of them those that a kill ended. */
  began: number
  killedInFit: number
  /** Models that anybody may open: each passed its golden rows here. */
  proven: number
  /** Models rejected because something of them was missing: there may be none. */
  halfModels: string[]
  promoted: number
  /** Examples written until the last fit began, less those that fit was made of. */
  missingInLastFit: number
  /** The same with two trainers that share the partitions. */
  missingWithTwo: number
  /** What lies in the window's folder after all trainers have stopped. */
  leftFiles: string[]
}

const PARTITIONS = 4
/** Before the trainer starts, then a few at a time. */
const EXAMPLES = { first: 4_000, perTurn: 10, turnMs: 100 }
/** Long enough for a kill to find it at work. */
const LEARNER = { use: 'gbdt', settings: 'fixed', trees: 200, stopAfterTrees: 200 }

/**
 * A trainer that is killed at some moment of one fit after the other, while examples go on coming; then it is left alone, and
 * then joined by a second one.
 */
export async function killFits(
  addresses: Addresses,
  name: string,
  { kills, sessionTimeoutMs, say = () => undefined }: FitKills,
): Promise<FitsKilled> {
  const folder = mkdtempSync(join(tmpdir(), 'feedloop-fit-kills-'))
  const feed = await openOwnFeed(addresses, name, {
    kafka: { partitions: PARTITIONS },
    limits: { sessionTimeoutMs, heartbeatIntervalMs: 500 },
    trainer: {
      learners: [LEARNER],
      promotion: { firstCandidateExamples: 400, freshExamplesMin: 150, freshPositivesMin: 10 },
      // Beside other tests a fit that stands back would hardly come to its end.
      retrain: { everyExamples: 150, niceness: 0 },
      // So small that some of it lies in the folder.
      window: { kind: 'all', memoryBytesMax: 2 ** 20 },
      scratchFolder: folder,
      limits: { rebuildExamplesMax: 1_000 },
    },
  })
  try {
    return await killed(feed, folder, { kills, say })
  } finally {
    await feed.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function killed(
  feed: OwnFeed,
  folder: string,
  { kills, say }: Required<Pick<FitKills, 'kills' | 'say'>>,
): Promise<FitsKilled> {
  const chance = createChance(kills)
  const traffic = await startReadyExamples(feed, EXAMPLES)
  const watch = await watchFits(feed, traffic.written)
  let trainer = feed.run('trainer')
  let killedInFit = 0
  for (let done = 0; done < kills; done++) {
    const began = watch.began()
    await feed.until('a fit to begin', () => Promise.resolve(watch.began() > began))
    const ended = watch.ended()
    await sleep(chance() * 400)
    trainer.mayEnd()
    await trainer.kill()
    if (watch.ended() === ended) killedInFit += 1
    say(`fits: killed ${String(done + 1)} times, in a fit ${String(killedInFit)}`)
    trainer = feed.run('trainer')
  }
  const missingInLastFit = await missingInNextFit(feed, watch)
  const second = feed.run('trainer')
  await second.wrote('learner_rebuilt')
  const missingWithTwo = await missingInNextFit(feed, watch)
  await feed.until('a model to serve', () => Promise.resolve(watch.promoted() > 0))
  await traffic.stop()
  for (const each of [second, trainer]) await stopped(each)
  await watch.stop()
  return {
    ...{ kills, killedInFit, missingInLastFit, missingWithTwo },
    began: watch.began(),
    promoted: watch.promoted(),
    halfModels: watch.halfModels(),
    proven: await provenModels(feed),
    leftFiles: readdirSync(folder),
  }
}

async function stopped(trainer: FeedloopProcess): Promise<void> {
  trainer.mayEnd()
  await trainer.stop()
}

/** Waits for a fit that begins from now on and makes a model. */
async function missingInNextFit(
  feed: OwnFeed,
  watch: Awaited<ReturnType<typeof watchFits>>,
): Promise<number> {
  const before = watch.made().length
  // The one that runs now may have begun before.
  await feed.until('two fits to make a model', () => Promise.resolve(watch.made().length >= before + 2))
  return watch.made().at(-1)!
}

/** Counts what the topics tell of fits and models. @param written examples so far */
async function watchFits(feed: OwnFeed, written: () => number) {
  let [began, ended] = [0, 0]
  const made: number[] = []
  const moves: ModelMove[] = []
  let writtenAtBegin = 0
  const retrain = ({ detector, examples }: DriftEvent) => {
    if (detector === 'began') {
      began += 1
      writtenAtBegin = written()
      return
    }
    ended += 1
    if (detector === 'made') made.push(writtenAtBegin - examples)
  }
  const followers = [
    await feed.follow({
      name: 'watch-fits',
      topic: 'drift',
      startFrom: 'earliest',
      record({ value }) {
        if (value !== null && isRetrainEvent(value)) retrain(value)
      },
    }),
    await feed.follow({
      name: 'watch-moves',
      topic: 'models',
      startFrom: 'earliest',
      record({ value }) {
        if (value !== null) moves.push(value)
      },
    }),
  ]
  return {
    began: () => began,
    ended: () => ended,
    made: () => made,
    promoted: () => moves.filter(({ stage }) => stage === 'champion').length,
    halfModels: () => halfModelsIn(moves),
    async stop() {
      for (const follower of followers) await follower.stop()
    },
  }
}
