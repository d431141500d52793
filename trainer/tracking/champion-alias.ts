import type { Logger, Signals } from '#streams'
import { OperatorError } from '#streams'
import type { ModelLog } from '../models/model-log.ts'
import { LOG_EVENTS, SIGNALS } from '../signals.ts'
import { decideAlias } from './alias-decision.ts'
import { CHAMPION, type Mlflow, MLFLOW_LIMITS, type MlflowVersion, TAGS } from './mlflow.ts'
import type { PromoteVersion } from './promote-version.ts'

export interface ChampionAliasParts {
  mlflow: Mlflow
  /** Of the registered model. */
  name: string
  modelLog: Pick<ModelLog, 'live'>
  /** The gate of the loop. */
  promote: PromoteVersion
  log: Logger
  signals: Signals
}

/** Turns in which a promoted model may come back from the log of models: it takes milliseconds. */
const AWAITED_TURNS_MAX = 60

/** Keeps the alias champion and the live model the same, whichever moved. */
export function createChampionAlias({ mlflow, name, modelLog, promote, log, signals }: ChampionAliasParts) {
  /** Promoted by the gate, until the log of models says so. */
  let awaited: { modelId: string; turns: number } | undefined

  async function moveTo(version: string): Promise<void> {
    // The alias first: a trainer that dies between the two agrees to it later.
    await mlflow.setAlias(name, CHAMPION, version)
    await mlflow.tagModel(name, TAGS.champion, version)
  }

  async function follow(modelId: string): Promise<void> {
    const version = (await mlflow.versionsOf(name, { tag: TAGS.modelId, value: modelId })).at(-1)
    // Its run still waits, or it has none: the alias stays where it is.
    if (version === undefined) return
    await moveTo(version.version)
    signals.count(SIGNALS.aliasesMoved, { by: 'loop' })
    log.info({ modelId, version: version.version }, LOG_EVENTS.aliasMoved)
  }

  async function ask(version: MlflowVersion): Promise<void> {
    try {
      const why = `The alias ${CHAMPION} was moved to version ${version.version} in MLflow.`
      const promoted = await promote(version, why)
      if (promoted === undefined) return
      const { modelId, reason } = promoted
      awaited = { modelId, turns: 0 }
      await mlflow.tagModel(name, TAGS.champion, version.version)
      signals.count(SIGNALS.aliasesMoved, { by: 'mlflow' })
      log.info({ modelId, version: version.version, reason }, LOG_EVENTS.aliasMoved)
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error
      await refuse(version, error.message)
    }
  }

  async function refuse(version: MlflowVersion, reason: string): Promise<void> {
    await mlflow.tagVersion(name, version.version, TAGS.refused, reason.slice(0, MLFLOW_LIMITS.tagLength))
    const live = modelLog.live()
    const [serving] =
      live === undefined
        ? []
        : (await mlflow.versionsOf(name, { tag: TAGS.modelId, value: live.modelId })).slice(-1)
    if (serving === undefined) await mlflow.removeAlias(name, CHAMPION)
    else await moveTo(serving.version)
    signals.count(SIGNALS.aliasesMoved, { by: 'refused' })
    log.warn({ version: version.version, reason }, LOG_EVENTS.aliasRefused)
  }

  return {
    /** @throws TrackingError */
    async settle(): Promise<void> {
      const liveModelId = modelLog.live()?.modelId
      if (awaited !== undefined && awaited.modelId !== liveModelId && ++awaited.turns < AWAITED_TURNS_MAX)
        return
      awaited = undefined
      const registered = await mlflow.registeredModel(name)
      if (registered === undefined) return
      const at = registered.aliases[CHAMPION]
      const version = at === undefined ? undefined : await mlflow.version(name, at)
      const alias =
        version === undefined ? undefined : { version: version.version, modelId: version.tags[TAGS.modelId] }
      const decision = decideAlias({ alias, agreedVersion: registered.tags[TAGS.champion], liveModelId })
      switch (decision.kind) {
        case 'settled':
          return
        case 'agree':
          return mlflow.tagModel(name, TAGS.champion, decision.version)
        case 'follow':
          return follow(decision.modelId)
        case 'ask':
          return ask(version!)
      }
    },
  }
}
