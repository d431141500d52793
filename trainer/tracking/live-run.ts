import type { ModelManifest, ModelMove } from '#schemas'
import type { TrainerConfig } from '../config.ts'
import { TAGS } from './mlflow.ts'
import { CURVES_FILE } from './run-images.ts'
import type { TrackedRunInput } from './run.ts'

export interface LiveRunParts {
  move: ModelMove
  manifest: ModelManifest
  /** Whether the file goes along: of a model that has served. */
  withFile: boolean
  /** Whether there are curves of what it said of the examples that it was judged on. */
  withCurves?: boolean
  prefix: string
  experiment: string
  registeredModel: string
  learners: TrainerConfig['learners']
}

const VERDICTS: Readonly<Record<ModelMove['stage'], string>> = {
  candidate: 'on trial',
  champion: 'promoted',
  retired: 'promoted',
  rejected: 'rejected',
}

/** Where the file of a model lies in the folder of its run. */
export const LIVE_MODEL_FILE = 'model.onnx'

/** Unique among feeds that share an experiment; a name of a folder. */
export const liveRunId = (prefix: string, modelId: string): string =>
  `${prefix}.${modelId}`.replace(/[^\w.-]/g, '_').slice(0, 250)

/** One retraining of the live trainer: what it was made of, how it did on fresh examples, and the verdict. */
export function liveRunOf(parts: LiveRunParts): TrackedRunInput {
  const { move, manifest, withFile, prefix, experiment, registeredModel } = parts
  const { modelId, trainedOn } = manifest
  const { reason, movedAtMs } = move
  return {
    runId: liveRunId(prefix, modelId),
    experiment,
    isOngoing: move.stage === 'candidate',
    artifacts: parts.withCurves === true ? [CURVES_FILE] : [],
    startedAtMs: manifest.createdAtMs,
    endedAtMs: Math.max(movedAtMs, manifest.createdAtMs),
    params: {
      learner: manifest.learner,
      label: manifest.label,
      feature_set: manifest.featureSetId,
      columns: String(manifest.width),
      examples: String(trainedOn.examples),
      window_from: new Date(trainedOn.fromMs).toISOString(),
      window_to: new Date(trainedOn.toMs).toISOString(),
      ...optional('rounds', trainedOn.rounds),
      ...optional('parameters', trainedOn.parameters),
      ...optional('chosen_settings', trainedOn.settings),
      ...settingsOf(manifest.learner, parts.learners),
    },
    metrics: Object.fromEntries(
      Object.entries(manifest.metrics)
        .filter(([, value]) => Number.isFinite(value))
        .map(([name, value]) => [name, [{ step: 0, timestampMs: movedAtMs, value }]]),
    ),
    tags: {
      [TAGS.source]: 'live',
      [TAGS.modelId]: modelId,
      [TAGS.verdict]: VERDICTS[move.stage],
      [TAGS.reason]: reason,
      // What MLflow's page shows as the description.
      'mlflow.note.content': reason,
    },
    ...(withFile
      ? { model: { file: LIVE_MODEL_FILE, manifest: { ...manifest }, name: registeredModel, alias: null } }
      : {}),
  }
}

/** Of the learner with this name, as the feed declares it. */
function settingsOf(learner: string, learners: TrainerConfig['learners']): Record<string, string> {
  const { name: _name, ...declared } = learners.find(({ name }) => name === learner) ?? { name: '' }
  return Object.fromEntries(
    Object.entries(declared)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => [`learner.${key}`, typeof value === 'string' ? value : JSON.stringify(value)]),
  )
}

const optional = (name: string, value: string | number | undefined) =>
  value === undefined ? {} : { [name]: String(value) }
