import { compileFeatureSet } from '#feature-store'
import type { Prediction } from '#schemas'
import { exampleIdOf } from '../../joiner/example-of.ts'
import { type Forecast, forecastQuality, type ForecastQuality } from '../../metrics/index.ts'
import { forecastsOf, judgedRowsOf } from '../backtest/judged-rows.ts'
import { type Interval, pairedDifference } from '../backtest/paired.ts'
import { playLog } from '../backtest/play-log.ts'
import { BASE_RATE, type Played, type PlayOptions } from '../backtest/played.ts'
import { GROWTH_SCHEDULE } from '../backtest/retrain-schedule.ts'
import type { Gate } from '../backtest/serving.ts'
import type { FeedLog } from '../datasets/index.ts'
import type { Judged } from '../report/index.ts'
import { createVectorComparison, type VectorDifferences } from './vector-comparison.ts'

/** What the loop said beside what a backtest of the same log says, on the rows that both judged. */
export interface BesideBacktest {
  rows: number
  loop: ForecastQuality
  backtest: {
    gate: Gate
    quality: ForecastQuality
    /** Normalized entropy of the loop less that of the backtest; null: nothing to say it from. */
    difference: Interval | null
  }[]
  /** What was served against what the backtest made for the same requests. */
  vectors: VectorDifferences
}

export interface BesideBacktestOptions extends Pick<
  PlayOptions,
  'feed' | 'fromDay' | 'fitter' | 'openModel' | 'stopwatch' | 'signal' | 'onProgress'
> {
  log: FeedLog
  /** Impressions that were sent: the rest is not played. */
  impressions: number
  /** Of the loop. */
  judged: readonly Judged[]
  predictions: AsyncIterable<{ value: Prediction | null }>
}

const GATES: readonly Gate[] = ['none', 'live']

/** Plays the log in process, as `backtest` does by its defaults. Holds all vectors that were served. */
export async function besideBacktest(options: BesideBacktestOptions): Promise<BesideBacktest> {
  const vectors = createVectorComparison(compileFeatureSet(options.feed.features))
  for await (const { value } of options.predictions) if (value !== null) vectors.add(value)
  /** Of each shown item its row, in the order of asking. */
  const rowOf = new Map<string, number>()
  const played = await playLog({
    ...options,
    ...GROWTH_SCHEDULE,
    log: beginningOf(options.log, options.impressions),
    windowMs: Infinity,
    gates: GATES,
    onPrediction(prediction) {
      vectors.compare(prediction)
      for (const { itemId } of prediction.ranking) {
        const key = exampleIdOf(prediction.requestId, itemId)
        if (!rowOf.has(key)) rowOf.set(key, rowOf.size)
      }
    },
  })
  await played.close()
  return { ...pairedOf(played, rowOf, options), vectors: vectors.result() }
}

function pairedOf(
  played: Played,
  rowOf: ReadonlyMap<string, number>,
  { judged, fromDay, log }: BesideBacktestOptions,
): Omit<BesideBacktest, 'vectors'> {
  const both = new Set(judgedRowsOf(played, fromDay).places)
  const loop: Forecast[] = []
  const found: number[] = []
  for (const { requestId, itemId, score, label } of judged) {
    const row = rowOf.get(exampleIdOf(requestId, itemId))
    if (row === undefined || !both.has(row)) continue
    loop.push({ score, label })
    found.push(row)
  }
  const places = Int32Array.from(found)
  const fallback = played.columns.find(({ name }) => name === BASE_RATE)!.scores
  const users = places.map((row) => played.rows.users[row]!)
  const requests = places.map((row) => played.rows.requests[row]!)
  const learner = played.contenders[0]!.name
  const backtest = GATES.map((gate) => {
    const { scores } = played.columns.find((one) => one.name === learner && one.gate === gate)!
    const other = forecastsOf(played, places, scores, fallback)
    const { normalizedEntropy } = pairedDifference({ users, requests, one: loop, other }, log.name)
    return { gate, quality: forecastQuality(other), difference: normalizedEntropy }
  })
  return { rows: loop.length, loop: forecastQuality(loop), backtest }
}

/** As much of a log as was sent. */
function beginningOf(log: FeedLog, impressions: number): FeedLog {
  async function* entries() {
    let sent = 0
    for await (const entry of log.entries()) {
      if (entry.kind === 'impression' && ++sent > impressions) return
      yield entry
    }
  }
  return { ...log, impressions, entries }
}
