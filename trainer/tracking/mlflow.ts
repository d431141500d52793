import type { TrackedRun } from './run.ts'

export interface MlflowMetric {
  key: string
  value: number
  timestampMs: number
  step: number
}

/** A run as MLflow has it. */
export interface MlflowRun {
  runId: string
  /** `mlflow-artifacts:/...` */
  artifactUri: string
  startedAtMs: number
  tags: Readonly<Record<string, string>>
}

export interface MlflowVersion {
  version: string
  runId: string
  /** Where its files are. */
  source: string
  tags: Readonly<Record<string, string>>
}

export interface RegisteredModel {
  /** Version by alias. */
  aliases: Readonly<Record<string, string>>
  tags: Readonly<Record<string, string>>
}

/**
 * What is asked of MLflow, in its own words. Every call ends within its bound, and throws TrackingError with a sentence
 * when the server is away, slow or refuses. `testing/mlflow-conformance.ts` holds the real server and the fake to it.
 */
export interface Mlflow {
  /** @throws TrackingError when it is one that we do not know */
  checkVersion(): Promise<void>
  /** Of the experiment with this name, made if there is none. */
  experimentId(name: string): Promise<string>
  /** Runs of the experiment with this tag, the latest thousand. */
  runsTagged(experimentId: string, tag: string, value: string): Promise<MlflowRun[]>
  createRun(experimentId: string, run: Pick<TrackedRun, 'runId' | 'startedAtMs'>): Promise<MlflowRun>
  /** Hides a run that was made twice. */
  deleteRun(runId: string): Promise<void>
  /** The same again changes nothing. */
  log(runId: string, what: RunContent): Promise<void>
  endRun(runId: string, run: Pick<TrackedRun, 'status' | 'endedAtMs'>): Promise<void>
  /** @param path below the run's artifacts */
  putArtifact(run: Pick<MlflowRun, 'artifactUri'>, path: string, bytes: Uint8Array): Promise<void>
  /** @param uri of the artifacts of a run or a version; undefined: it is not there, or larger than `bytesMax` */
  readArtifact(uri: string, path: string, bytesMax: number): Promise<Uint8Array | undefined>
  /** Tells the run that it holds a model. @param mlmodel JSON of its MLmodel */
  noteModel(runId: string, mlmodel: string): Promise<void>
  registeredModel(name: string): Promise<RegisteredModel | undefined>
  createRegisteredModel(name: string): Promise<void>
  version(name: string, version: string): Promise<MlflowVersion | undefined>
  /** The versions of a model that came of a run, or carry a tag; the oldest first. */
  versionsOf(
    name: string,
    which: { runId: string } | { tag: string; value: string },
  ): Promise<MlflowVersion[]>
  createVersion(name: string, of: Omit<MlflowVersion, 'version'>): Promise<MlflowVersion>
  setAlias(name: string, alias: string, version: string): Promise<void>
  removeAlias(name: string, alias: string): Promise<void>
  tagModel(name: string, key: string, value: string): Promise<void>
  tagVersion(name: string, version: string, key: string, value: string): Promise<void>
}

export interface RunContent {
  params?: Readonly<Record<string, string>>
  metrics?: readonly MlflowMetric[]
  tags?: Readonly<Record<string, string>>
}

/** What MLflow takes in one request, and of one value. */
export const MLFLOW_LIMITS = {
  paramsPerRequest: 100,
  metricsPerRequest: 1_000,
  tagsPerRequest: 100,
  keyLength: 250,
  paramLength: 6_000,
  tagLength: 5_000,
} as const

/** Tags of a run and of a model version. */
export const TAGS = {
  runId: 'feedloop.run_id',
  /** `true`: all of the run is there; `ongoing`: all that is known of it so far. */
  sent: 'feedloop.sent',
  /** `live`: of the trainer service. */
  source: 'feedloop.source',
  modelId: 'feedloop.model_id',
  verdict: 'feedloop.verdict',
  reason: 'feedloop.reason',
  /** Of a model version: why it was not promoted. */
  refused: 'feedloop.refused',
  /** Of a run: files too large to send. */
  leftOut: 'feedloop.left_out',
  /** Of a registered model: the version that the alias champion had when the loop last agreed to it. */
  champion: 'feedloop.champion',
  /** Of a registered model: the version that the live trainer gave the alias challenger. */
  challenger: 'feedloop.challenger',
} as const

export const CHAMPION = 'champion'
export const CHALLENGER = 'challenger'
