import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sampleManifest } from '#schemas/testing'
import { trackingConfigSchema } from './config.ts'
import type { TrackingRefusal } from './errors.ts'
import { openRunFolders } from './fs-run-folders.ts'
import { openMlflow } from './http-mlflow.ts'
import type { TrackedRunInput } from './run.ts'
import type { RunFolders } from './run-folders.ts'
import { sendWaiting } from './send-waiting.ts'
import { type FakeMlflow, type Fault, startFakeMlflow } from './testing/http-fake-mlflow.ts'

const config = trackingConfigSchema.parse({ requestMs: 60_000, artifactBytesMax: 1_000 })
/** For what is never answered. */
const IMPATIENT_MS = 300
const METRIC = 'log loss'

let fake: FakeMlflow
let folder: string
let folders: RunFolders

beforeEach(async () => {
  fake = await startFakeMlflow()
  folder = mkdtempSync(path.join(tmpdir(), 'feedloop-runs-'))
  folders = openRunFolders(folder)
})
afterEach(async () => {
  await fake.close()
  rmSync(folder, { recursive: true })
})

const add = (runId: string, more: Partial<TrackedRunInput> = {}) => {
  const files = {
    'curves/roc.svg': '<svg/>',
    'model.onnx': 'onnx',
    'manifest.json': JSON.stringify({ ...sampleManifest, modelId: `model-${runId}` }),
  }
  const run: TrackedRunInput = {
    runId,
    experiment: 'exp',
    startedAtMs: 1,
    endedAtMs: 2,
    params: Object.fromEntries(Array.from({ length: 130 }, (_, at) => [`p${String(at)}`, 'v'])),
    metrics: {
      [METRIC]: Array.from({ length: 1_001 }, (_, step) => ({ step, timestampMs: step, value: step / 7 })),
    },
    tags: { why: 'a test' },
    artifacts: ['curves/roc.svg'],
    model: { file: 'model.onnx', manifest: 'manifest.json', name: 'ours' },
    ...more,
  }
  return folders.add(run, new Map(Object.entries(files).map(([name, text]) => [name, Buffer.from(text)])))
}
const send = (
  more: { again?: boolean; remove?: boolean; requestMs?: number } = {},
  address = fake.address,
) => {
  const { requestMs = config.requestMs, ...options } = more
  const mlflow = openMlflow(address, { ...config, requestMs })
  return sendWaiting({ mlflow, folders, url: address.url, config, nowMs: () => 3, ...options })
}
const states = async () => (await folders.list()).map(({ name, state }) => `${name} ${state}`)

/** What MLflow shows of a run: one, whole. */
function expectWhole(runId: string): void {
  const shown = fake.store.runs.filter((run) => !run.isDeleted && run.tags.get('feedloop.run_id') === runId)
  expect(shown.length).toBe(1)
  const [run] = shown
  expect({
    params: run!.params.size,
    metrics: run!.metrics.length,
    status: run!.status,
    end: run!.endTime,
  }).toEqual({
    params: 130,
    metrics: 1_001,
    status: 'FINISHED',
    end: 2,
  })
  expect(run!.tags.get('feedloop.sent')).toBe('true')
  const files = [...fake.store.artifacts.keys()].filter((name) => name.includes(run!.id))
  expect(files.length).toBe(8)
  const { versions, aliases } = fake.store.models.get('ours')!
  expect(versions.filter((version) => version.runId === run!.id).length).toBe(1)
  expect(aliases.get('challenger')).toBe(versions.find((version) => version.runId === run!.id)!.version)
}

describe('a run that waits', () => {
  it('is sent whole, in as many requests as bounds ask for, and only once', async () => {
    await add('one')
    expect(await send()).toEqual({ sent: 1, refused: [], waiting: 0 })
    expectWhole('one')
    expect(await states()).toEqual(['one sent'])
    const asked = fake.requests.length
    expect(await send()).toEqual({ sent: 0, refused: [], waiting: 0 })
    expect(fake.requests.length).toBe(asked)
  })

  it('is there once, whichever request breaks off, done or not', async () => {
    await add('first')
    await send()
    fake.requests.length = 0
    await add('clean')
    await send()
    const kinds = [...new Set(fake.requests)]
    expect(kinds.length).toBeGreaterThan(10)
    const wrongs = [
      ...kinds.map((kind) => [kind, 'lose'] as const),
      ['POST runs/create', { status: 503 }] as const,
    ]
    for (const [at, [kind, fault]] of wrongs.entries()) {
      const runId = `broken-${String(at)}`
      await add(runId)
      fake.fault = (what) => (what === kind ? fault : undefined)
      const refusal = fault === 'lose' ? 'away' : 'failing'
      expect(await send({ remove: true })).toMatchObject({ sent: 0, waiting: 1, failure: { refusal } })
      fake.fault = () => undefined
      expect(await send({ remove: true })).toMatchObject({ sent: 1, waiting: 0 })
      expectWhole(runId)
    }
  })

  it('is there once when the server makes it after we gave up', async () => {
    await add('late')
    fake.fault = (what) => (what === 'POST runs/create' ? 'hang' : undefined)
    expect(await send({ requestMs: IMPATIENT_MS })).toMatchObject({ failure: { refusal: 'slow' } })
    fake.fault = () => undefined
    // The request that we gave up ends while we send again.
    const tags = [{ key: 'feedloop.run_id', value: 'late' }]
    fake.fault = (what) => {
      if (what === 'POST runs/update')
        fake.store.answer('POST', 'runs/create', { experiment_id: '1', start_time: 1, tags })
      return undefined
    }
    expect(await send()).toMatchObject({ sent: 1 })
    expectWhole('late')
  })

  it('leaves files out that are too large, and says so', async () => {
    await add('large', { artifacts: ['curves/roc.svg', 'large.bin'] })
    writeFileSync(path.join(folder, 'large', 'large.bin'), Buffer.alloc(1_001))
    expect(await send()).toMatchObject({ sent: 1 })
    expect(fake.store.runs[0]!.tags.get('feedloop.left_out')).toBe('large.bin')
  })

  it('that is itself wrong does not hold the others up', async () => {
    await add('a-broken')
    writeFileSync(path.join(folder, 'a-broken', 'run.json'), '{"runId": ')
    await add('b-without-file', { artifacts: ['none.txt'] })
    await add('c-refused')
    await add('d-good')
    fake.fault = (what) =>
      what === 'POST runs/update' && fake.store.runs.length === 2
        ? { status: 400, body: '{"error_code": "INVALID_PARAMETER_VALUE", "message": "not so"}' }
        : undefined
    const result = await send()
    expect(result).toMatchObject({ sent: 1, waiting: 0 })
    expect(result.refused.map(({ place, reason }) => `${path.basename(place)}: ${reason}`)).toEqual([
      expect.stringMatching(/^a-broken: .*it is no JSON.*Correct it, or remove its folder\./),
      expect.stringMatching(/^b-without-file: .*its file none\.txt cannot be read \(ENOENT\)/),
      expect.stringMatching(/^c-refused: .*runs\/update \(400\): not so/),
    ])
    expect(await states()).toEqual([
      'a-broken broken',
      'b-without-file refused',
      'c-refused refused',
      'd-good sent',
    ])
    expect(await send()).toMatchObject({ sent: 0, waiting: 0 })
    expect(await send({ again: true })).toMatchObject({ sent: 1 })
    expectWhole('c-refused')
  })

  it('is not sent by two at a time', async () => {
    await add('shared')
    const results = await Promise.all([send(), send()])
    expect(results.map(({ isBusy = false, sent }) => ({ isBusy, sent }))).toEqual(
      expect.arrayContaining([
        { isBusy: true, sent: 0 },
        { isBusy: false, sent: 1 },
      ]),
    )
    expectWhole('shared')
    // Of a process that died: no process has this id.
    await add('next')
    writeFileSync(path.join(folder, '.sending'), '4194305')
    expect(await send()).toMatchObject({ sent: 1 })
    expect(readdirSync(folder).sort()).toEqual(['next', 'shared'])
  })
})

describe('a server that does not take it', () => {
  const cases: [what: string, fault: Fault, refusal: TrackingRefusal, told: RegExp, retryAfterMs?: number][] =
    [
      ['slow', 'hang', 'slow', /did not answer within 0\.3 s/],
      ['busy', { status: 429, headers: { 'retry-after': '7' } }, 'busy', /patience \(429\)/, 7_000],
      ['failing', { status: 502, body: 'Bad Gateway' }, 'failing', /fails \(502 for .*\): Bad Gateway/],
      [
        'not allowed',
        { status: 403, body: '{"error_code": "PERMISSION_DENIED", "message": "Permission denied"}' },
        'login',
        /does not allow this to the user "admin": Permission denied/,
      ],
      ['no MLflow', { status: 404, body: 'nothing here' }, 'version', /no MLflow with REST API 2\.0/],
      [
        'a login page',
        { status: 200, body: '<html>', headers: { 'content-type': 'text/html' } },
        'version',
        /is no MLflow \(text\/html\): correct MLFLOW_TRACKING_URI/,
      ],
      [
        'without artifacts',
        { status: 503, body: 'running with `--no-serve-artifacts`' },
        'artifacts',
        /--serve-artifacts/,
      ],
    ]
  it.each(cases)(
    '%s: it waits, and a sentence says what to do',
    async (_what, fault, refusal, told, retryAfterMs) => {
      await add('one')
      fake.fault = (what) => (what === 'GET experiments/get-by-name' ? fault : undefined)
      const { failure, ...result } = await send(fault === 'hang' ? { requestMs: IMPATIENT_MS } : {})
      expect(result).toEqual({ sent: 0, refused: [], waiting: 1 })
      expect(failure).toMatchObject({ refusal, message: expect.stringMatching(told) as string })
      expect(failure?.retryAfterMs).toBe(retryAfterMs)
      fake.fault = () => undefined
      expect(await send()).toMatchObject({ sent: 1 })
    },
  )

  it.each(['1.30.0', '2.2.1', '4.0.0', '<html>'])('of version %s: it waits', async (version) => {
    await add('one')
    fake.version = version
    expect(await send()).toMatchObject({
      waiting: 1,
      failure: {
        refusal: 'version',
        message: expect.stringMatching(/feedloop knows 2\.3 to 3: use another/) as string,
      },
    })
  })

  it('away: it waits', async () => {
    await add('one')
    const gone = await startFakeMlflow()
    await gone.close()
    expect(await send({}, gone.address)).toMatchObject({
      waiting: 1,
      failure: {
        refusal: 'away',
        message: expect.stringMatching(/nobody answers \(ECONNREFUSED\): start it/) as string,
      },
    })
  })

  it('whose password file is wrong: it waits until the file is right, without a restart', async () => {
    await add('one')
    const file = path.join(mkdtempSync(path.join(tmpdir(), 'feedloop-secret-')), 'password')
    const address = { ...fake.address, password: { file } }
    expect(await send({}, address)).toMatchObject({
      failure: { refusal: 'login', message: expect.stringContaining(file) as string },
    })
    writeFileSync(file, 'planted-old-4b1f')
    chmodSync(file, 0o600)
    const { failure } = await send({}, address)
    expect(failure?.message).toMatch(/refuses the login of the user "admin"/)
    expect(failure?.message).not.toContain('planted')
    writeFileSync(file, String(fake.address.password))
    expect(await send({}, address)).toMatchObject({ sent: 1 })
    rmSync(path.dirname(file), { recursive: true })
  })
})
