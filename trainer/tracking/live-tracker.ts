import type { ModelMove } from '#schemas'
import { type Clock, describeFailure, type Logger, type Signals } from '#streams'
import type { TrainerConfig } from '../config.ts'
import { manifestOf, type ModelLog } from '../models/model-log.ts'
import { LOG_EVENTS, SIGNALS } from '../signals.ts'
import type { createChampionAlias } from './champion-alias.ts'
import type { TrackingConfig } from './config.ts'
import { TrackingError } from './errors.ts'
import { LIVE_MODEL_FILE, liveRunId, liveRunOf } from './live-run.ts'
import { type Mlflow, TAGS } from './mlflow.ts'
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
  clock: Clock
  log: Logger
  signals: Signals
  /** Aborted: it ends, and what fails by that is no matter. */
  ended: AbortSignal
}

/** Moves between two turns; of more the oldest are given up. */
const NOTED_MOVES_MAX = 1_000

export interface LiveTracker {
  /** Cheap, and never waits: what is to be done is done in the next turn. */
  noteMove(move: ModelMove): void
  /** This process leads now: it alone tells of models. */
  lead(leads: boolean): void
  /** Writes noted runs, sends what waits, settles the alias. Never throws. @returns ms until the next turn */
  turn(): Promise<number>
}

/** Tells MLflow what becomes of models, off the path on which they are learned. */
export function createLiveTracker(parts: LiveTrackerParts): LiveTracker {
  const { config, mlflow, outbox, signals } = parts
  const writer = createRunWriter(parts)
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
    lead(now) {
      if (now && !leads) isCaughtUp = false
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
        if (leads) await parts.alias.settle()
        return patience.restored()
      } catch (error) {
        return parts.ended.aborted ? 0 : patience.failed(error)
      }
    },
  }
}

/** Writes a run for each model that was judged, once. */
function createRunWriter(parts: LiveTrackerParts) {
  const { config, mlflow, outbox, modelLog, signals } = parts
  const noted: ModelMove[] = []
  const told = new Set<string>()

  async function write(move: ModelMove): Promise<void> {
    const manifest = manifestOf(move)
    if (manifest === undefined || told.has(move.modelId)) return
    const onnx = move.stage === 'rejected' ? undefined : modelLog.file(move.modelId)
    const run = liveRunOf({ ...parts, move, manifest, withFile: onnx !== undefined })
    await outbox.add(run, new Map(onnx === undefined ? [] : [[LIVE_MODEL_FILE, onnx]]))
    told.add(move.modelId)
  }

  /** Of a model that came from MLflow: it has a run there, of another name. */
  async function hasVersion({ modelId, stage }: ModelMove): Promise<boolean> {
    if (stage === 'rejected' || modelLog.file(modelId) === undefined) return false
    const found = await mlflow.versionsOf(parts.registeredModel, { tag: TAGS.modelId, value: modelId })
    return found.length > 0
  }

  return {
    note(move: ModelMove): void {
      noted.push(move)
      if (noted.length <= NOTED_MOVES_MAX) return
      noted.shift()
      signals.count(SIGNALS.runsGivenUp, { reason: 'full' })
    },
    async writeNoted(): Promise<void> {
      while (noted.length > 0) {
        await write(noted[0]!)
        noted.shift()
      }
    },
    /** Models of the log that MLflow does not have: from before this process led, or given up. */
    async catchUp(): Promise<void> {
      const experimentId = await mlflow.experimentId(parts.experiment)
      const runs = await mlflow.runsTagged(experimentId, TAGS.source, 'live')
      const sent = runs.filter(({ tags }) => tags[TAGS.sent] === 'true')
      const known = new Set(sent.map(({ tags }) => tags[TAGS.runId]))
      for (const { name } of await outbox.list()) known.add(name)
      const judged = modelLog.moves().filter(({ stage }) => stage !== 'candidate')
      for (const move of judged.slice(-config.earlierModelsMax)) {
        const isKnown = known.has(liveRunId(parts.prefix, move.modelId)) || (await hasVersion(move))
        if (isKnown) told.add(move.modelId)
        else await write(move)
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
