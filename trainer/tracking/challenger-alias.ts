import type { ModelLog } from '../models/model-log.ts'
import { CHALLENGER, type Mlflow, TAGS } from './mlflow.ts'

export interface ChallengerAliasParts {
  mlflow: Mlflow
  /** Of the registered model. */
  name: string
  modelLog: Pick<ModelLog, 'candidates'>
}

/**
 * Keeps the alias challenger on the newest candidate that is on trial, and takes it away when it is decided. One that somebody else
 * set (a run of `feedloop train`) stays: the tag feedloop.challenger says which version we gave it to.
 */
export function createChallengerAlias({ mlflow, name, modelLog }: ChallengerAliasParts) {
  /** The candidate for which MLflow is as it should be; null: for none on trial. */
  let settledFor: string | null | undefined

  return {
    /** Somebody else may have led: what MLflow has is looked up again. */
    forget(): void {
      settledFor = undefined
    },
    /** Costs a request only when something has changed. @throws TrackingError */
    async settle(): Promise<void> {
      const modelId = modelLog.candidates().at(-1)?.modelId ?? null
      if (modelId === settledFor) return
      const registered = await mlflow.registeredModel(name)
      if (registered === undefined) return
      if (modelId === null) {
        const ours = registered.tags[TAGS.challenger]
        if (ours !== undefined && registered.aliases[CHALLENGER] === ours)
          await mlflow.removeAlias(name, CHALLENGER)
      } else {
        const version = (await mlflow.versionsOf(name, { tag: TAGS.modelId, value: modelId })).at(-1)
        // Its run is still to be sent.
        if (version === undefined) return
        await mlflow.tagModel(name, TAGS.challenger, version.version)
        await mlflow.setAlias(name, CHALLENGER, version.version)
      }
      settledFor = modelId
    },
  }
}
