import type { DriftEvent } from '#schemas'
import type { FeedloopProcess } from '#streams/testing'
import { isRetrainEvent } from '../../learning/retrain-event.ts'
import { peakResidentMib } from '../faults/process-memory.ts'
import { openReadyExamples } from '../testing/ready-traffic.ts'
import { floodKafka, streamKafka } from './kafka-load.ts'
import type { ScoreLoop } from './kafka-score-loop.ts'
import type { RetrainRun } from './score-table.ts'
import { scoreRequests } from './score-feed.ts'

/** All at once, to find out what half the load is. */
const FLOOD_REQUESTS = 4_000
/** Read again at a start, and then until a fit begins: not before it is asked for. */
const EXAMPLES = { learnedAgain: 400, untilFit: 1_000 }
/** Labels that are final within seconds, so that a start has little to join again. */
const SECONDS = 1 / 60

/** Section `trainer` of a feed whose fits are made of so many rows, and take longer than any measurement. */
export const retrainConfig = (rows: number) => ({
  labels: { click: { positive: ['click'], shown: ['view'], horizonMinutes: SECONDS } },
  shownWithinMinutes: SECONDS,
  learners: [{ use: 'gbdt', settings: 'fixed', trees: 2_000 }],
  window: { kind: 'all', examplesMax: rows },
  retrain: { everyExamples: EXAMPLES.untilFit },
  limits: { rebuildExamplesMax: EXAMPLES.learnedAgain, graceMinutes: SECONDS },
})

/**
 * Half of what the scorer can do beside a trainer that waits, and beside the same one while it retrains, in turn. Each round has a
 * trainer of its own, which is killed in its fit.
 */
export async function measureRetrain(
  loop: ScoreLoop,
  { rounds, seconds, rows }: { rounds: number; seconds: number; rows: number },
  say: (line: string) => void,
): Promise<{ perSecond: number; runs: RetrainRun[] }> {
  const { own } = loop
  const { runtime } = own
  const requests = scoreRequests('retrain')
  const ask = () => requests.next().value!
  await loop.serve('trees')
  say(`retrain: writing ${String(rows)} examples`)
  const examples = await openReadyExamples(own)
  await examples.write(rows)
  const fits = await watchFits(loop)
  const runs: RetrainRun[] = []
  let perSecond = 0
  for (let round = 0; round < rounds; round++) {
    const trainer = own.run('trainer')
    await trainer.wrote('learner_rebuilt')
    if (round === 0) {
      await floodKafka(runtime, ask, FLOOD_REQUESTS)
      perSecond = (await floodKafka(runtime, ask, FLOOD_REQUESTS)).requestsPerSecond / 2
    }
    const half = { perSecond, seconds }
    const alone = await streamKafka(runtime, ask, half)
    const begun = fits.begun()
    await examples.write(EXAMPLES.untilFit)
    await own.until('a fit to begin', () => Promise.resolve(fits.begun() > begun))
    const beside = await streamKafka(runtime, ask, half)
    if (fits.underWay() !== 1) throw new Error('the fit was over before its round: take more rows')
    // Its stage goes on meanwhile: it has not lost its partitions, and has read what there is.
    await own.caughtUp('learner', 'examples')
    const trainerMib = (await peakResidentMib(trainer.child.pid!)) ?? NaN
    runs.push({ alone, beside, rows: fits.rows(), trainerMib, rebuilt: await timesRebuilt(trainer) })
    fits.ended()
    say(JSON.stringify(runs.at(-1)))
  }
  await examples.close()
  return { perSecond, runs }
}

/** Kills it. @returns how often it began again since its start: when it lost its partitions */
async function timesRebuilt(trainer: FeedloopProcess): Promise<number> {
  trainer.mayEnd()
  await trainer.kill()
  const { stdout, stderr } = await trainer.ended
  return `${stdout}${stderr}`.split('learner_rebuilt').length - 2
}

/** What the drift topic tells of fits. */
async function watchFits({ own }: ScoreLoop) {
  let [begun, underWay, rows] = [0, 0, 0]
  await own.follow({
    ...{ name: 'watch-fits', topic: 'drift', startFrom: 'earliest' },
    record({ value }) {
      if (value !== null && isRetrainEvent(value)) note(value)
    },
  })
  function note({ detector, examples }: DriftEvent): void {
    if (detector !== 'began') return void (underWay -= 1)
    begun += 1
    underWay += 1
    rows = examples
  }
  return {
    begun: () => begun,
    underWay: () => underWay,
    /** Of the last one. */
    rows: () => rows,
    /** By a kill. */
    ended: () => void (underWay -= 1),
  }
}
