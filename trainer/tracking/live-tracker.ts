import type { ModelMove } from '#schemas'
import { type Clock, describeFailure, type Logger, type Signals } from '#streams'
import type { TrainerConfig } from '../config.ts'
import type { TellJudged } from '../learning/judge.ts'
import type { ModelLog } from '../models/model-log.ts'
import { LOG_EVENTS, SIGNALS } from '../signals.ts'
import type { createChallengerAlias } from './challenger-alias.ts'
import type { createChampionAlias } from './champion-alias.ts'
import type { TrackingConfig } from './config.ts'
import { TrackingError } from './errors.ts'
import { createLiveRuns } from './live-runs.ts'
import type { Mlflow } from './mlflow.ts'
import { overBounds } from './outbox-bounds.ts'
import type { RunFolders } from './run-folders.ts'
import { sendWaiting } from './send-waiting.ts'

export interface LiveTrackerParts {
  config: TrackingConfig
  learners: TrainerConfig['learners']
  /** Of the feed. */
  prefix: string
  experiment: string
  registeredModel: string
  url: string
  mlflow: Mlflow
  outbox: RunFolders
  modelLog: ModelLog
  alias: ReturnType<typeof createChampionAlias>
  challenger: ReturnType<typeof createChallengerAlias>
  clock: Clock
  log: Logger
  signals: Signals
  /** Aborted: it ends, and what fails by that is no matter. */
  ended: AbortSignal
}

export interface LiveTracker {
  /** Cheap, and never waits: what is to be done is done in the next turn. */
  noteMove(move: ModelMove): void
  /** What a model said of the examples that it is judged on: its curves go along with its verdict. */
  noteJudged: TellJudged
  /** This process leads now: it alone tells of models. */
  lead(leads: boolean): void
  /** Writes noted runs, sends what waits, settles the alias. Never throws. @returns ms until the next turn */
  turn(): Promise<number>
}

/** Tells MLflow what becomes of models, off the path on which they are learned. */
export function createLiveTracker(parts: LiveTrackerParts): LiveTracker {
  const { config, mlflow, outbox, signals } = parts
  const writer = createLiveRuns(parts)
  const patience = createPatience(parts)
  const giveUp = createGivingUp(parts)
  let leads = false
  /** What was there before we led is looked up once the server answers. */
  let isCaughtUp = false

  async function send(): Promise<void> {
    const { nowMs } = parts.clock
    const result = await sendWaiting({ mlflow, folders: outbox, url: parts.url, config, nowMs, remove: true })
    signals.count(SIGNALS.runsSent, {}, result.sent)
    signals.gauge(SIGNALS.runsWaiting, result.waiting)
    for (const { place, reason } of result.refused) giveUp.refused(place, reason)
    if (result.failure !== undefined) throw result.failure
  }

  return {
    noteMove(move) {
      if (leads && (move.stage === 'champion' || move.stage === 'rejected')) writer.note(move)
    },
    noteJudged: writer.noteJudged,
    lead(now) {
      if (now && !leads) {
        isCaughtUp = false
        parts.challenger.forget()
      }
      leads = now
    },
    async turn() {
      try {
        await writer.writeNoted()
        for (const { name } of overBounds(await outbox.list(), config)) {
          await outbox.remove(name)
          giveUp.full(name)
        }
        await send()
        if (leads && !isCaughtUp) {
          await writer.catchUp()
          isCaughtUp = true
          await send()
        }
        if (leads) {
          await parts.alias.settle()
          if (await writer.writeTrials()) await send()
          await parts.challenger.settle()
        }
        return patience.restored()
      } catch (error) {
        return parts.ended.aborted ? 0 : patience.failed(error)
      }
    },
  }
}

/** What MLflow will not have, told once each. */
function createGivingUp({ signals, log }: Pick<LiveTrackerParts, 'signals' | 'log'>) {
  const refused = new Set<string>()
  return {
    full(run: string): void {
      signals.count(SIGNALS.runsGivenUp, { reason: 'full' })
      log.warn({ run, reason: 'more wait than trainer.tracking allows' }, LOG_EVENTS.runGivenUp)
    },
    refused(run: string, reason: string): void {
      if (refused.has(run)) return
      refused.add(run)
      signals.count(SIGNALS.runsGivenUp, { reason: 'refused' })
      log.warn({ run, reason }, LOG_EVENTS.runGivenUp)
    },
  }
}

/** How long until it is tried again, and what is said of it: each reason once. */
function createPatience({ config, log, signals }: Pick<LiveTrackerParts, 'config' | 'log' | 'signals'>) {
  const { pollSeconds, retryDelayMs, retryDelayMaxMs } = config
  let delayMs = retryDelayMs
  let said: string | undefined
  return {
    restored(): number {
      if (said !== undefined) log.info({}, LOG_EVENTS.trackingRestored)
      said = undefined
      delayMs = retryDelayMs
      return pollSeconds * 1_000
    },
    failed(error: unknown): number {
      const { message } = describeFailure(error)
      const isRefusal = error instanceof TrackingError
      if (isRefusal) signals.count(SIGNALS.trackingRefused, { refusal: error.refusal })
      if (message !== said && isRefusal) log.warn({ reason: message }, LOG_EVENTS.trackingRefused)
      if (message !== said && !isRefusal) log.warn({ reason: message }, LOG_EVENTS.trackingFailed)
      said = message
      const asked = isRefusal ? (error.retryAfterMs ?? 0) : 0
      const waitMs = Math.min(Math.max(delayMs, asked), retryDelayMaxMs)
      delayMs = Math.min(delayMs * 2, retryDelayMaxMs)
      return waitMs
    },
  }
}
