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
  const { config, mlflow, outbox, modelLog, signals, log } = parts
  const noted: ModelMove[] = []
  const told = new Set<string>()
  const patience = createPatience(parts)
  let leads = false
  /** What was there before we led is looked up once the server answers. */
  let isCaughtUp = false

  async function write(move: ModelMove): Promise<void> {
    const manifest = manifestOf(move)
    if (manifest === undefined || told.has(move.modelId)) return
    told.add(move.modelId)
    const onnx = move.stage === 'rejected' ? undefined : modelLog.file(move.modelId)
    const run = liveRunOf({ ...parts, move, manifest, withFile: onnx !== undefined })
    await outbox.add(run, new Map(onnx === undefined ? [] : [[LIVE_MODEL_FILE, onnx]]))
  }

  async function writeNoted(): Promise<void> {
    while (noted.length > 0) {
      await write(noted[0]!)
      noted.shift()
    }
    const listed = await outbox.list()
    for (const { name } of overBounds(listed, config)) {
      await outbox.remove(name)
      signals.count(SIGNALS.runsGivenUp, { reason: 'full' })
      log.warn({ run: name, reason: 'more wait than trainer.tracking allows' }, LOG_EVENTS.runGivenUp)
    }
  }

  async function catchUp(): Promise<void> {
    const experimentId = await mlflow.experimentId(parts.experiment)
    const runs = await mlflow.runsTagged(experimentId, TAGS.source, 'live')
    const known = new Set(
      runs.filter(({ tags }) => tags[TAGS.sent] === 'true').map(({ tags }) => tags[TAGS.runId]),
    )
    for (const { name } of await outbox.list()) known.add(name)
    const settled = modelLog.moves().filter(({ stage }) => stage !== 'candidate')
    for (const move of settled.slice(-config.earlierModelsMax)) {
      if (known.has(liveRunId(parts.prefix, move.modelId)) || (await hasVersion(move))) told.add(move.modelId)
      else await write(move)
    }
  }

  /** Of a model that came from MLflow: it has a run there, of another name. */
  async function hasVersion({ modelId, stage }: ModelMove): Promise<boolean> {
    if (stage === 'rejected' || modelLog.file(modelId) === undefined) return false
    const found = await mlflow.versionsOf(parts.registeredModel, { tag: TAGS.modelId, value: modelId })
    return found.length > 0
  }

  async function send(): Promise<void> {
    const { nowMs } = parts.clock
    const result = await sendWaiting({ mlflow, folders: outbox, url: parts.url, config, nowMs, remove: true })
    signals.count(SIGNALS.runsSent, {}, result.sent)
    signals.gauge(SIGNALS.runsWaiting, result.waiting)
    for (const { place, reason } of result.refused) giveUp(place, reason)
    if (result.failure !== undefined) throw result.failure
  }

  const givenUp = new Set<string>()
  function giveUp(place: string, reason: string): void {
    if (givenUp.has(place)) return
    givenUp.add(place)
    signals.count(SIGNALS.runsGivenUp, { reason: 'refused' })
    log.warn({ run: place, reason }, LOG_EVENTS.runGivenUp)
  }

  return {
    noteMove(move) {
      if (!leads || (move.stage !== 'champion' && move.stage !== 'rejected')) return
      noted.push(move)
      if (noted.length <= NOTED_MOVES_MAX) return
      noted.shift()
      signals.count(SIGNALS.runsGivenUp, { reason: 'full' })
    },
    lead(now) {
      if (now && !leads) isCaughtUp = false
      leads = now
    },
    async turn() {
      try {
        await writeNoted()
        await send()
        if (leads && !isCaughtUp) {
          await catchUp()
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
      if (message !== said)
        log.warn({ reason: message }, isRefusal ? LOG_EVENTS.trackingRefused : LOG_EVENTS.trackingFailed)
      said = message
      const asked = isRefusal ? (error.retryAfterMs ?? 0) : 0
      const waitMs = Math.min(Math.max(delayMs, asked), retryDelayMaxMs)
      delayMs = Math.min(delayMs * 2, retryDelayMaxMs)
      return waitMs
    },
  }
}
