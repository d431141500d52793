import path from 'node:path'
import type { OpenModel } from '#scorer/model'
import { type Environment, type Logger, OperatorError, type Runtime } from '#streams'
import type { TrainerConfig } from '../config.ts'
import type { ModelLog } from '../models/model-log.ts'
import { LOG_EVENTS } from '../signals.ts'
import { type TrackingAddress, trackingAddressOf } from './address.ts'
import { createChallengerAlias } from './challenger-alias.ts'
import { createChampionAlias } from './champion-alias.ts'
import type { TrackingConfig } from './config.ts'
import { openRunFolders } from './fs-run-folders.ts'
import { openMlflow } from './http-mlflow.ts'
import { createLiveTracker, type LiveTracker } from './live-tracker.ts'
import { createPromoteVersion } from './promote-version.ts'
import { type RunningTracking, runTracking } from './process-live-tracking.ts'

/** Of the folder of runs: where those of the live trainer wait. */
export const OUTBOX = 'outbox'

/** What a running trainer gives. */
export interface TrackedTrainer {
  runtime: Pick<Runtime, 'clock' | 'log' | 'signals' | 'outputs' | 'follow' | 'offsets'>
  modelLog: ModelLog
  openModel: OpenModel
  featureSetId: string
}
export type StartTracking = (trainer: TrackedTrainer) => RunningTracking

/**
 * The follower that tells MLflow of the live trainer's models, and asks its gate when the alias champion was moved there.
 *
 * @returns undefined: no server is named, or its address is none, which is told: MLFLOW_TRACKING_URI may be there for others
 */
export function liveTrackingOf(
  feed: { prefix: string; trainer: TrainerConfig },
  { env, log }: { env: Environment; log: Logger },
): StartTracking | undefined {
  const address = addressOrTold(env, feed.trainer.tracking, log)
  if (address === undefined) return undefined
  return (running) => {
    const ending = new AbortController()
    return runTracking(trackerOf(feed, address, running, ending.signal), ending)
  }
}

/** The follower itself, whoever gives it its turns. */
export function trackerOf(
  { prefix, trainer }: { prefix: string; trainer: TrainerConfig },
  address: TrackingAddress,
  running: TrackedTrainer,
  ended: AbortSignal,
): LiveTracker {
  const { tracking: config, objective, learners } = trainer
  const { runtime, modelLog } = running
  const { clock, log, signals } = runtime
  const mlflow = openMlflow(address, { ...config, signal: ended })
  const registeredModel = config.registeredModel ?? registeredNameOf(prefix, objective)
  const promote = createPromoteVersion({ ...running, mlflow, trainer })
  return createLiveTracker({
    config,
    learners,
    prefix,
    registeredModel,
    experiment: config.experiment ?? prefix,
    url: address.url,
    mlflow,
    outbox: openRunFolders(path.join(config.runs, OUTBOX)),
    modelLog,
    challenger: createChallengerAlias({ mlflow, name: registeredModel, modelLog }),
    alias: createChampionAlias({ mlflow, name: registeredModel, modelLog, promote, log, signals }),
    clock,
    log,
    signals,
    ended,
  })
}

function addressOrTold(env: Environment, config: TrackingConfig, log: Logger): TrackingAddress | undefined {
  try {
    return trackingAddressOf(env, config)
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error
    log.warn({ reason: error.message }, LOG_EVENTS.trackingRefused)
    return undefined
  }
}

/** MLflow's names hold no slash and no colon; a feed's prefix may hold a dot, which is one here. */
export const registeredNameOf = (prefix: string, objective: string): string =>
  `${prefix}-${objective}`.replace(/[^\w.-]/g, '_')
