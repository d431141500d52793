import { featureStoreConfigSchema } from '#feature-store'
import { trainerConfigSchema } from '../../config.ts'
import type { FeedLog, LogFeed } from '../datasets/index.ts'
import { backtestReport, type BacktestReport } from './backtest-report.ts'
import { withLearners } from './chosen-learners.ts'
import { durationText } from '../duration.ts'
import { BacktestError } from './errors.ts'
import { withLabelDelay } from './label-delay.ts'
import { playLog } from './play-log.ts'
import type { PlayOptions, TriedFeed } from './played.ts'

export interface BacktestOptions extends Pick<
  PlayOptions,
  | 'log'
  | 'retrainEveryMs'
  | 'retrainGrowthMin'
  | 'fromDay'
  | 'gates'
  | 'openModel'
  | 'fitter'
  | 'stopwatch'
  | 'signal'
> {
  feeds: readonly TriedFeed[]
  /** Of learners; none: those of each feed. */
  learners: readonly string[]
  /** null: all of the log. */
  windowMs: number | null
  /** null: as the feed's labels say. */
  labelDelayMs: number | null
  threshold: number
  onProgress: PlayOptions['onProgress']
  /** Before each pass over the log. */
  onFeed?(name: string): void
}

/** The sections of a data set's own feed, complete. */
export function triedFeedOf({ features, trainer }: LogFeed): TriedFeed {
  return {
    name: '',
    features: featureStoreConfigSchema.parse(features),
    trainer: trainerConfigSchema.parse(trainer),
  }
}

/**
 * Tries learners and configurations on a log, and says how good what they would have said was.
 *
 * @throws BacktestError when options, log and learners leave nothing to judge
 */
export async function runBacktest(options: BacktestOptions): Promise<BacktestReport> {
  const { log, feeds, stopwatch, fromDay, retrainEveryMs, windowMs, labelDelayMs, threshold } = options
  checkOptions(options)
  const startedMs = stopwatch.nowMs()
  const settings = {
    retrainEveryMs,
    retrainGrowthMin: options.retrainGrowthMin ?? 0,
    windowMs,
    labelDelayMs,
    fromDay,
    threshold,
    objective: feeds[0]!.trainer.objective,
  }
  const tried = feeds.map(({ name, trainer, ...rest }) => {
    const delayed = labelDelayMs === null ? trainer : withLabelDelay(trainer, labelDelayMs)
    return { name, feed: { ...rest, trainer: withLearners(delayed, options.learners) } }
  })
  const played = []
  for (const { name, feed } of tried) {
    options.onFeed?.(name)
    const pass = await playLog({ ...options, feed, windowMs: windowMs ?? Infinity })
    await pass.close()
    played.push({ name, played: pass })
  }
  const wallSeconds = (stopwatch.nowMs() - startedMs) / 1_000
  const stoppedEarly = options.signal.aborted
  const early = `stopped early, of ${String(log.impressions)} requests: the figures are of what was played until then`
  const notes = [...(stoppedEarly ? [early] : []), ...(log.notes ?? [])]
  return backtestReport({ dataset: log.name, settings, feeds: played, notes, stoppedEarly, wallSeconds })
}

function checkOptions({ log, windowMs, retrainEveryMs, fromDay }: BacktestOptions & { log: FeedLog }): void {
  if (windowMs !== null && retrainEveryMs !== null && windowMs < retrainEveryMs) {
    throw new BacktestError(
      'backtest_options',
      `--window ${durationText(windowMs)} is shorter than --retrain-every ${durationText(retrainEveryMs)}: some of the log would teach nobody. Give a window of at least that.`,
    )
  }
  if (retrainEveryMs === null && fromDay === 0) {
    throw new BacktestError(
      'backtest_options',
      '--retrain-every never makes one model when the first day that counts begins: give --from-day 1 or more, or there is nothing to learn from.',
    )
  }
  if (log.impressions === 0)
    throw new BacktestError('backtest_log_empty', 'The log holds no requests: there is nothing to score.')
}
