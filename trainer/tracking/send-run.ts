import { RunInvalidError, TrackingError } from './errors.ts'
import {
  type Mlflow,
  MLFLOW_LIMITS,
  type MlflowMetric,
  type MlflowRun,
  type RunContent,
  TAGS,
} from './mlflow.ts'
import { MODEL_FOLDER, modelFolderOf } from './model-folder.ts'
import { CURVES_FILE, runImages } from './run-images.ts'
import { manifestOfRun, type TrackedRun } from './run.ts'
import type { SentNote } from './run-folders.ts'

/** A run and its files, wherever they lie. */
export interface SendableRun {
  run: TrackedRun
  /** For messages. */
  place: string
  /** undefined: larger than what is sent. @throws RunInvalidError */
  file(path: string): Promise<Uint8Array | undefined>
}

/**
 * Makes MLflow's run equal to ours. It can be ended at any point and begun again: the run is found by its tag, what is
 * there already is left, and in the end there is one run, whole.
 *
 * @throws TrackingError, RunInvalidError
 */
export async function sendRun(
  mlflow: Mlflow,
  sendable: SendableRun,
): Promise<Pick<SentNote, 'experimentId' | 'mlflowRunId' | 'version'>> {
  const { run } = sendable
  const experimentId = await mlflow.experimentId(run.experiment)
  const found = (await onlyRun(mlflow, experimentId, run)) ?? (await createdOnce(mlflow, experimentId, run))
  const { runId: mlflowRunId } = found
  const sent = run.isOngoing ? 'ongoing' : 'true'
  if (found.tags[TAGS.sent] === 'true' || found.tags[TAGS.sent] === sent) return { experimentId, mlflowRunId }
  for (const content of contentsOf(run)) await mlflow.log(mlflowRunId, content)
  const leftOut: string[] = []
  for (const path of run.artifacts) {
    const bytes = await sendable.file(path)
    if (bytes === undefined) leftOut.push(path)
    else await mlflow.putArtifact(found, path, bytes)
  }
  const curves = run.artifacts.includes(CURVES_FILE) ? await sendable.file(CURVES_FILE) : undefined
  for (const [path, svg] of runImages(run, curves === undefined ? undefined : Buffer.from(curves).toString()))
    if (!run.artifacts.includes(path)) await mlflow.putArtifact(found, path, Buffer.from(svg))
  const version = run.model === undefined ? undefined : await sendModel(mlflow, sendable, run.model, found)
  if (!run.isOngoing) await mlflow.endRun(mlflowRunId, run)
  const tags: Record<string, string> = { [TAGS.sent]: sent }
  if (leftOut.length > 0) tags[TAGS.leftOut] = leftOut.join(', ').slice(0, MLFLOW_LIMITS.tagLength)
  await mlflow.log(mlflowRunId, { tags })
  // What a request made that we had given up: it may have ended meanwhile.
  await onlyRun(mlflow, experimentId, run)
  return { experimentId, mlflowRunId, ...(version === undefined ? {} : { version }) }
}

/** A create whose answer was lost may have made a run: of several the one that is whole stays, else the first. */
async function onlyRun(
  mlflow: Mlflow,
  experimentId: string,
  { runId }: TrackedRun,
): Promise<MlflowRun | undefined> {
  const found = await mlflow.runsTagged(experimentId, TAGS.runId, runId)
  const byAge = found.sort(
    (one, other) => one.startedAtMs - other.startedAtMs || (one.runId < other.runId ? -1 : 1),
  )
  const kept = byAge.find(({ tags }) => tags[TAGS.sent] === 'true') ?? byAge[0]
  for (const other of byAge) if (other !== kept) await mlflow.deleteRun(other.runId)
  return kept
}

async function createdOnce(mlflow: Mlflow, experimentId: string, run: TrackedRun): Promise<MlflowRun> {
  const made = await mlflow.createRun(experimentId, run)
  return (await onlyRun(mlflow, experimentId, run)) ?? made
}

/** @returns the version of the registered model */
async function sendModel(
  mlflow: Mlflow,
  { run, place, file }: SendableRun,
  { file: onnxPath, manifest, name, alias }: NonNullable<TrackedRun['model']>,
  found: MlflowRun,
): Promise<string> {
  const json = typeof manifest === 'string' ? await whole(manifest) : JSON.stringify(manifest)
  const parsed = manifestOfRun(json.toString(), place)
  const folder = modelFolderOf(await whole(onnxPath), parsed, { runId: found.runId })
  for (const [path, bytes] of folder.files) await mlflow.putArtifact(found, `${MODEL_FOLDER}/${path}`, bytes)
  if (found.tags['mlflow.log-model.history'] === undefined)
    await mlflow.noteModel(found.runId, folder.mlmodel)
  await mlflow.createRegisteredModel(name)
  const ofRun = await mlflow.versionsOf(name, { runId: found.runId })
  // The live trainer promoted a model that came from MLflow: it is a version already.
  const ofModel =
    ofRun.length > 0 ? [] : await mlflow.versionsOf(name, { tag: TAGS.modelId, value: parsed.modelId })
  const [there] = [...ofRun, ...ofModel]
  const source = `${found.artifactUri}/${MODEL_FOLDER}`
  const tags = { [TAGS.modelId]: parsed.modelId, [TAGS.runId]: run.runId }
  const { version } = there ?? (await mlflow.createVersion(name, { runId: found.runId, source, tags }))
  if (alias !== null) await mlflow.setAlias(name, alias, version)
  return version

  async function whole(path: string): Promise<Uint8Array> {
    const bytes = await file(path)
    if (bytes !== undefined) return bytes
    throw new RunInvalidError(place, `${path} is larger than trainer.tracking.artifactBytesMax`)
  }
}

/** In as many requests as MLflow's bounds ask for. A value that JSON has no number for is left out. */
function contentsOf(run: TrackedRun): RunContent[] {
  const { keyLength, paramLength, tagLength, ...bounds } = MLFLOW_LIMITS
  const clean = (fields: Record<string, string>, lengthMax: number) =>
    Object.entries(fields).map(([key, value]) => [keyOf(key, keyLength), value.slice(0, lengthMax)] as const)
  const metrics: MlflowMetric[] = Object.entries(run.metrics).flatMap(([key, points]) =>
    points.map((point) => ({ ...point, key: keyOf(key, keyLength) })),
  )
  return [
    ...pieces(clean(run.params, paramLength), bounds.paramsPerRequest).map((piece) => ({
      params: Object.fromEntries(piece),
    })),
    ...pieces(clean(run.tags, tagLength), bounds.tagsPerRequest).map((piece) => ({
      tags: Object.fromEntries(piece),
    })),
    ...pieces(metrics, bounds.metricsPerRequest).map((piece) => ({ metrics: piece })),
  ]
}

/** MLflow's names are of letters, digits, blanks and _ - . : / */
const keyOf = (key: string, lengthMax: number) => key.replace(/[^\w\-. :/]/g, '_').slice(0, lengthMax)

function pieces<T>(all: readonly T[], sizeMax: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / sizeMax) }, (_, at) =>
    all.slice(at * sizeMax, (at + 1) * sizeMax),
  )
}

/** Whether the run is at fault, and the others may go on. */
export function isOwnFault(error: unknown): boolean {
  return error instanceof RunInvalidError || (error instanceof TrackingError && error.refusal === 'invalid')
}
