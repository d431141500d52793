/** What a fake server keeps, and its answers: the REST API 2.0 as far as we ask it. Bodies are MLflow's. */
interface Tag {
  key: string
  value: string
}
interface FakeRun {
  id: string
  experimentId: string
  startTime: number
  status: string
  endTime?: number
  isDeleted: boolean
  params: Map<string, string>
  tags: Map<string, string>
  metrics: { key: string; value: number; timestamp: number; step: number }[]
}
interface FakeVersion {
  version: string
  runId: string
  source: string
  tags: Map<string, string>
}
interface FakeModel {
  versions: FakeVersion[]
  aliases: Map<string, string>
  tags: Map<string, string>
}
export interface FakeAnswer {
  status: number
  body: object
}
type Fields = Readonly<Record<string, unknown>>

export interface FakeMlflowStore {
  readonly experiments: Map<string, string>
  readonly runs: FakeRun[]
  readonly models: Map<string, FakeModel>
  readonly artifacts: Map<string, Buffer>
  /** @param path behind /api/2.0/mlflow/ */
  answer(method: string, path: string, fields: Fields): FakeAnswer
}

const ok = (body: object = {}): FakeAnswer => ({ status: 200, body })
const refused = (status: number, code: string, message: string): FakeAnswer => ({
  status,
  body: { error_code: code, message },
})
const none = (what: string) => refused(404, 'RESOURCE_DOES_NOT_EXIST', `${what} not found`)

export function createFakeMlflowStore(): FakeMlflowStore {
  const store = {
    experiments: new Map<string, string>(),
    runs: [] as FakeRun[],
    models: new Map<string, FakeModel>(),
    artifacts: new Map<string, Buffer>(),
  }
  const calls: Record<string, (fields: Fields) => FakeAnswer> = { ...runCalls(store), ...modelCalls(store) }
  return {
    ...store,
    answer(method, path, fields) {
      const call = calls[`${method} ${path}`]
      return call === undefined ? { status: 404, body: {} } : call(fields)
    },
  }
}

type Kept = Omit<FakeMlflowStore, 'answer'>

function runCalls({ experiments, runs }: Kept): Record<string, (fields: Fields) => FakeAnswer> {
  const runOf = (fields: Fields) => runs.find(({ id }) => id === fields['run_id'])!
  return {
    'GET experiments/get-by-name': ({ experiment_name: name }) => {
      const id = experiments.get(String(name))
      return id === undefined
        ? none('experiment')
        : ok({ experiment: { experiment_id: id, lifecycle_stage: 'active' } })
    },
    'POST experiments/create': ({ name }) => {
      if (experiments.has(String(name))) return refused(400, 'RESOURCE_ALREADY_EXISTS', 'already exists')
      const id = String(experiments.size + 1)
      experiments.set(String(name), id)
      return ok({ experiment_id: id })
    },
    'POST runs/search': (fields) => {
      const [, key, value] = /^tags\.`(.+)` = '(.*)'$/.exec(String(fields['filter']))!
      const found = runs.filter(
        (run) =>
          (fields['experiment_ids'] as string[]).includes(run.experimentId) &&
          !run.isDeleted &&
          run.tags.get(key!) === value,
      )
      return ok({ runs: found.map(runBody) })
    },
    'POST runs/create': (fields) => {
      const run: FakeRun = {
        id: `run${String(runs.length + 1).padStart(4, '0')}`,
        experimentId: String(fields['experiment_id']),
        startTime: Number(fields['start_time']),
        status: 'RUNNING',
        isDeleted: false,
        params: new Map(),
        tags: mapOf(fields['tags']),
        metrics: [],
      }
      runs.push(run)
      return ok({ run: runBody(run) })
    },
    'POST runs/delete': (fields) => {
      runOf(fields).isDeleted = true
      return ok()
    },
    'POST runs/log-batch': (fields) => {
      const run = runOf(fields)
      for (const [key, value] of mapOf(fields['params'])) {
        if ((run.params.get(key) ?? value) !== value)
          return refused(400, 'INVALID_PARAMETER_VALUE', 'Changing param values is not allowed.')
        run.params.set(key, value)
      }
      for (const [key, value] of mapOf(fields['tags'])) run.tags.set(key, value)
      const known = new Set(run.metrics.map((point) => JSON.stringify(point)))
      for (const point of (fields['metrics'] ?? []) as FakeRun['metrics'])
        if (!known.has(JSON.stringify(point))) run.metrics.push(point)
      return ok()
    },
    'GET metrics/get-history': (fields) =>
      ok({ metrics: runOf(fields).metrics.filter(({ key }) => key === fields['metric_key']) }),
    'POST runs/update': (fields) => {
      Object.assign(runOf(fields), { status: fields['status'], endTime: fields['end_time'] })
      return ok()
    },
    'POST runs/log-model': (fields) => {
      runOf(fields).tags.set('mlflow.log-model.history', `[${String(fields['model_json'])}]`)
      return ok()
    },
  }
}

function modelCalls({ models }: Kept): Record<string, (fields: Fields) => FakeAnswer> {
  const modelOf = (fields: Fields) => models.get(String(fields['name']))
  const versionOf = (fields: Fields) =>
    modelOf(fields)?.versions.find(({ version }) => version === fields['version'])
  const tag = (of: { tags: Map<string, string> } | undefined, { key, value }: Fields) => {
    of?.tags.set(String(key), String(value))
    return of === undefined ? none('it') : ok()
  }
  return {
    'GET registered-models/get': (fields) => {
      const model = modelOf(fields)
      if (model === undefined) return none('Registered Model')
      const aliases = [...model.aliases].map(([alias, version]) => ({ alias, version }))
      return ok({ registered_model: { tags: tagsOf(model.tags), aliases } })
    },
    'POST registered-models/create': ({ name }) => {
      if (models.has(String(name))) return refused(400, 'RESOURCE_ALREADY_EXISTS', 'already exists')
      models.set(String(name), { versions: [], aliases: new Map(), tags: new Map() })
      return ok()
    },
    'GET model-versions/get': (fields) => {
      const found = versionOf(fields)
      return found === undefined ? none('Model Version') : ok({ model_version: versionBody(found) })
    },
    'GET model-versions/search': ({ filter }) => {
      const [, name, key, value] = /^name='(.*)' and (run_id|tags\.`.+`)='(.*)'$/.exec(String(filter))!
      const found = (models.get(name!)?.versions ?? []).filter(({ runId, tags }) =>
        key === 'run_id' ? runId === value : tags.get(key!.slice(6, -1)) === value,
      )
      return ok({ model_versions: found.map(versionBody) })
    },
    'POST model-versions/create': (fields) => {
      const { versions } = modelOf(fields)!
      const made: FakeVersion = {
        version: String(versions.length + 1),
        runId: String(fields['run_id']),
        source: String(fields['source']),
        tags: mapOf(fields['tags']),
      }
      versions.push(made)
      return ok({ model_version: versionBody(made) })
    },
    'POST registered-models/alias': (fields) => {
      if (versionOf(fields) === undefined) return none('Model Version')
      modelOf(fields)!.aliases.set(String(fields['alias']), String(fields['version']))
      return ok()
    },
    'DELETE registered-models/alias': (fields) => {
      modelOf(fields)?.aliases.delete(String(fields['alias']))
      return ok()
    },
    'POST registered-models/set-tag': (fields) => tag(modelOf(fields), fields),
    'POST model-versions/set-tag': (fields) => tag(versionOf(fields), fields),
  }
}

const mapOf = (tags: unknown) => new Map(((tags ?? []) as Tag[]).map(({ key, value }) => [key, value]))
const tagsOf = (tags: Map<string, string>): Tag[] => [...tags].map(([key, value]) => ({ key, value }))
const runBody = (run: FakeRun) => ({
  info: {
    run_id: run.id,
    start_time: run.startTime,
    status: run.status,
    artifact_uri: `mlflow-artifacts:/${run.experimentId}/${run.id}/artifacts`,
  },
  data: { tags: tagsOf(run.tags) },
})
const versionBody = ({ version, runId, source, tags }: FakeVersion) => ({
  version,
  source,
  run_id: runId,
  tags: tagsOf(tags),
})
