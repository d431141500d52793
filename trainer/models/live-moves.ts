import type { ModelManifest } from '#schemas'
import type { ModelDeskParts } from './model-desk.ts'
import { manifestOf, type ModelLog } from './model-log.ts'

/** Id of the champion that an operator keeps. */
export function pinnedIn(modelLog: ModelLog): string | undefined {
  const live = modelLog.live()
  return live?.pinned === true ? live.modelId : undefined
}

/** The live model of another feature set that predicts the same label. */
export function liveElsewhere({
  modelLog,
  featureSetId,
  objective,
}: Pick<ModelDeskParts, 'modelLog' | 'featureSetId' | 'objective'>): ModelManifest | undefined {
  const live = modelLog.live()
  const manifest = live === undefined ? undefined : manifestOf(live)
  return manifest?.featureSetId !== featureSetId && manifest?.label === objective ? manifest : undefined
}
