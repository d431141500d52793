import { z } from 'zod'
import type { TrackingAddress } from './address.ts'
import type { TrackingConfig } from './config.ts'
import { TrackingError } from './errors.ts'
import { jsonOf, type MlflowRequest, requestMlflow } from './http-mlflow-request.ts'
import type { Mlflow, RegisteredModel } from './mlflow.ts'
import { silenceOf, versionRefusal } from './refusal.ts'

const API = '/api/2.0/mlflow'
const ARTIFACTS = '/api/2.0/mlflow-artifacts/artifacts'
/** MLflow's own largest page of versions; of runs it is more. */
const RESULTS_MAX = 1_000
const NONE = ['RESOURCE_DOES_NOT_EXIST']
/** Has MLflow's page show runs of models, and not of prompts. */
const KIND = { 'mlflow.experimentKind': 'custom_model_development' }
/** Two made it at the same time. */
const THERE_ALREADY = ['RESOURCE_ALREADY_EXISTS']

const tagsSchema = z
  .array(z.object({ key: z.string(), value: z.string().default('') }))
  .default([])
  .transform((tags) => Object.fromEntries(tags.map(({ key, value }) => [key, value])))
const runSchema = z
  .object({
    info: z.object({
      run_id: z.string(),
      artifact_uri: z.string(),
      start_time: z.coerce.number().default(0),
    }),
    data: z.object({ tags: tagsSchema }),
  })
  .transform(({ info, data }) => ({
    runId: info.run_id,
    artifactUri: info.artifact_uri,
    startedAtMs: info.start_time,
    tags: data.tags,
  }))
const versionSchema = z
  .object({
    version: z.coerce.string(),
    run_id: z.string().default(''),
    source: z.string().default(''),
    tags: tagsSchema,
  })
  .transform(({ version, run_id: runId, source, tags }) => ({ version, runId, source, tags }))
const registeredSchema = z.object({
  registered_model: z.object({
    tags: tagsSchema,
    aliases: z.array(z.object({ alias: z.string(), version: z.coerce.string() })).default([]),
  }),
})

interface Bounds extends Pick<TrackingConfig, 'requestMs' | 'uploadMs'> {
  /** Ends every request. */
  signal?: AbortSignal
}

/** An MLflow server by its REST API 2.0; the artifacts by its proxy. */
export function openMlflow(address: TrackingAddress, { requestMs, uploadMs, signal }: Bounds): Mlflow {
  const ends = signal === undefined ? {} : { signal }
  async function ask<T>(
    path: string,
    schema: z.ZodType<T>,
    request: Omit<MlflowRequest, 'requestMs'> = {},
  ): Promise<T | undefined> {
    const answer = await requestMlflow(address, API + path, { ...request, ...ends, requestMs })
    if (answer === undefined) return undefined
    const parsed = schema.safeParse(await jsonOf(address, answer, requestMs))
    if (parsed.success) return parsed.data
    throw new TrackingError(
      'version',
      `MLflow at ${address.url} answers ${API + path} in another way than versions 2.3 to 3 do.`,
      { cause: parsed.error },
    )
  }
  const post = async (path: string, body: object, absent: readonly string[] = []) => {
    await ask(path, z.unknown(), { method: 'POST', body, absent })
  }
  const must = async <T>(path: string, schema: z.ZodType<T>, body: object): Promise<T> =>
    (await ask(path, schema, { method: 'POST', body }))!

  return {
    async checkVersion() {
      const answer = await requestMlflow(address, '/version', { ...ends, requestMs, absent: NONE })
      const refusal = versionRefusal(address, (await answer?.text()) ?? '')
      if (refusal !== undefined) throw refusal
    },
    experimentId: (name) => experimentIdOf(name, ask),
    async runsTagged(experimentId, tag, value) {
      const found = await must('/runs/search', z.object({ runs: z.array(runSchema).default([]) }), {
        experiment_ids: [experimentId],
        filter: `tags.\`${tag}\` = '${value}'`,
        max_results: RESULTS_MAX,
        order_by: ['attributes.start_time DESC'],
      })
      return found.runs
    },
    async createRun(experimentId, { runId, startedAtMs }) {
      const made = await must('/runs/create', z.object({ run: runSchema }), {
        experiment_id: experimentId,
        run_name: runId,
        start_time: Math.round(startedAtMs),
        tags: [{ key: 'feedloop.run_id', value: runId }],
      })
      return made.run
    },
    deleteRun: (runId) => post('/runs/delete', { run_id: runId }),
    log: (runId, { params = {}, metrics = [], tags = {} }) =>
      post('/runs/log-batch', {
        run_id: runId,
        params: pairs(params),
        tags: pairs(tags),
        metrics: metrics.map(({ key, value, timestampMs, step }) => ({
          key,
          value,
          timestamp: Math.round(timestampMs),
          step,
        })),
      }),
    endRun: (runId, { status, endedAtMs }) =>
      post('/runs/update', { run_id: runId, status, end_time: Math.round(endedAtMs) }),
    async putArtifact({ artifactUri }, path, bytes) {
      const url = `${ARTIFACTS}/${proxied(address, artifactUri)}/${escaped(path)}`
      // A copy of its own: fetch takes no view of shared memory.
      await requestMlflow(address, url, {
        method: 'PUT',
        bytes: new Uint8Array(bytes),
        ...ends,
        requestMs: uploadMs,
      })
    },
    noteModel: (runId, mlmodel) => post('/runs/log-model', { run_id: runId, model_json: mlmodel }),
    readArtifact: (uri, path, bytesMax) =>
      readArtifactOf(address, { uri, path, bytesMax }, { ...ends, requestMs: uploadMs }),
    ...registryCalls({ ask, post, must }),
  }
}

type Ask = <T>(
  path: string,
  schema: z.ZodType<T>,
  request?: Omit<MlflowRequest, 'requestMs'>,
) => Promise<T | undefined>
interface Calls {
  ask: Ask
  post(path: string, body: object, absent?: readonly string[]): Promise<void>
  must<T>(path: string, schema: z.ZodType<T>, body: object): Promise<T>
}
type RegistryCalls = Pick<
  Mlflow,
  | 'registeredModel'
  | 'createRegisteredModel'
  | 'version'
  | 'versionsOf'
  | 'createVersion'
  | 'setAlias'
  | 'removeAlias'
  | 'tagModel'
  | 'tagVersion'
>

function registryCalls({ ask, post, must }: Calls): RegistryCalls {
  return {
    async registeredModel(name): Promise<RegisteredModel | undefined> {
      const found = await ask(`/registered-models/get?${query({ name })}`, registeredSchema, { absent: NONE })
      if (found === undefined) return undefined
      const { tags, aliases } = found.registered_model
      return { tags, aliases: Object.fromEntries(aliases.map(({ alias, version }) => [alias, version])) }
    },
    createRegisteredModel: (name) => post('/registered-models/create', { name }, THERE_ALREADY),
    async version(name, version) {
      const found = await ask(
        `/model-versions/get?${query({ name, version })}`,
        z.object({ model_version: versionSchema }),
        { absent: NONE },
      )
      return found?.model_version
    },
    async versionsOf(name, which) {
      const wanted = 'runId' in which ? `run_id='${which.runId}'` : `tags.\`${which.tag}\`='${which.value}'`
      const filter = `name='${name}' and ${wanted}`
      const found = await ask(
        `/model-versions/search?${query({ filter, max_results: String(RESULTS_MAX) })}`,
        z.object({ model_versions: z.array(versionSchema).default([]) }),
      )
      const versions = found?.model_versions ?? []
      return versions.sort((one, other) => Number(one.version) - Number(other.version))
    },
    async createVersion(name, { runId, source, tags }) {
      const body = { name, source, run_id: runId, tags: pairs(tags) }
      const made = await must('/model-versions/create', z.object({ model_version: versionSchema }), body)
      return made.model_version
    },
    setAlias: (name, alias, version) => post('/registered-models/alias', { name, alias, version }),
    async removeAlias(name, alias) {
      const request = { method: 'DELETE', body: { name, alias }, absent: [...NONE, 'not found'] } as const
      await ask('/registered-models/alias', z.unknown(), request)
    },
    tagModel: (name, key, value) => post('/registered-models/set-tag', { name, key, value }),
    tagVersion: (name, version, key, value) => post('/model-versions/set-tag', { name, version, key, value }),
  }
}

async function experimentIdOf(name: string, ask: Ask): Promise<string> {
  const oneSchema = z.object({
    experiment: z.object({ experiment_id: z.string(), lifecycle_stage: z.string() }),
  })
  const madeSchema = z.object({ experiment_id: z.string() })
  const path = `/experiments/get-by-name?${query({ experiment_name: name })}`
  const byName = () => ask(path, oneSchema, { absent: NONE })
  let found = await byName()
  if (found === undefined) {
    const body = { name, tags: pairs(KIND) }
    const request = { method: 'POST', body, absent: THERE_ALREADY } as const
    const made = await ask('/experiments/create', madeSchema, request)
    if (made !== undefined) return made.experiment_id
    found = await byName()
  }
  if (found?.experiment.lifecycle_stage === 'active') return found.experiment.experiment_id
  throw new TrackingError(
    'invalid',
    `The experiment ${name} was deleted in MLflow: restore it there, or name another.`,
  )
}

async function readArtifactOf(
  address: TrackingAddress,
  { uri, path, bytesMax }: { uri: string; path: string; bytesMax: number },
  ends: Pick<MlflowRequest, 'requestMs' | 'signal'>,
): Promise<Uint8Array | undefined> {
  const url = `${ARTIFACTS}/${proxied(address, uri)}/${escaped(path)}`
  const request = { ...ends, absent: [...NONE, 'No such', 'not found', 'does not exist'] }
  const answer = await requestMlflow(address, url, request)
  const body = answer?.body ?? undefined
  if (body === undefined) return undefined
  const parts: Uint8Array[] = []
  let bytes = 0
  try {
    for await (const part of body) {
      bytes += part.length
      if (bytes > bytesMax) return undefined
      parts.push(part)
    }
  } catch (error) {
    throw silenceOf(address, error, ends.requestMs)
  }
  return Buffer.concat(parts)
}

/** The path under which the server's proxy knows artifacts. @throws TrackingError when they are elsewhere */
function proxied({ url }: TrackingAddress, artifactUri: string): string {
  const path = /^mlflow-artifacts:(?:\/\/[^/]*)?\/+(.*)$/.exec(artifactUri)?.[1]
  if (path !== undefined) return escaped(path)
  throw new TrackingError(
    'artifacts',
    `MLflow at ${url} keeps artifacts of this experiment at ${artifactUri}, where only its own clients get: start it with --serve-artifacts, and name an experiment that was made since.`,
  )
}

const escaped = (path: string) => path.split('/').map(encodeURIComponent).join('/')
const query = (fields: Record<string, string>) => new URLSearchParams(fields).toString()
const pairs = (record: Readonly<Record<string, string>>) =>
  Object.entries(record).map(([key, value]) => ({ key, value }))
