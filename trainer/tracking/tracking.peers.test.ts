import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasPython } from '#schemas/testing'
import { openModel } from '#scorer/model'
import { requestHttp } from '#streams'
import { trackingEnvironment } from './address.ts'
import { trackingConfigSchema } from './config.ts'
import { openRunFolders } from './fs-run-folders.ts'
import { openMlflow } from './http-mlflow.ts'
import { sendWaiting } from './send-waiting.ts'
import { mlflowConformance } from './testing/mlflow-conformance.ts'
import { openRealMlflow, type RealMlflow } from './testing/process-mlflow.ts'
import { sampleTreeModel } from './testing/sample-model.ts'

const isThere = await hasPython()
const config = trackingConfigSchema.parse({ requestMs: 300_000 })
const ROWS = 200

describe.skipIf(!isThere)(`MLflow (${isThere ? 'real' : 'skipped: no python3'})`, () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'feedloop-runs-'))
  let server: RealMlflow

  beforeAll(async () => {
    server = await openRealMlflow()
    await server.start()
  })
  afterAll(async () => {
    await server?.close()
    rmSync(folder, { recursive: true })
  })

  mlflowConformance('mlflow server', () => ({
    address: server.address,
    async metric(runId, key) {
      const { url, username = '', password } = server.address
      const query = new URLSearchParams({ run_id: runId, metric_key: key })
      const answer = await requestHttp(`${url}/api/2.0/mlflow/metrics/get-history?${query}`, {
        basic: { user: username, password: String(password) },
      })
      const { metrics } = (await answer.json()) as {
        metrics: { step: number; timestamp: number; value: number }[]
      }
      return metrics.map(({ step, timestamp, value }) => ({ step, timestamp, value }))
    },
  }))

  it('has a run once, whole, though it was killed in the middle; its client scores as we do', async () => {
    const folders = openRunFolders(folder)
    const { onnx, manifest, vectors } = await sampleTreeModel()
    const auc = [0, 1, 2].map((step) => ({ step, timestampMs: 1_000 + step, value: 0.5 + step / 8 }))
    await folders.add(
      {
        runId: 'ours-1',
        experiment: 'peers',
        startedAtMs: 1_000,
        endedAtMs: 9_000,
        params: { learner: 'gbdt', window: '600 rows' },
        metrics: { auc, 'log loss': auc },
        artifacts: ['curves/auc.svg', 'note.txt'],
        model: { file: 'gbdt.onnx', manifest: 'manifest.json', name: 'ours-click' },
      },
      new Map<string, Uint8Array>([
        ['curves/auc.svg', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>')],
        ['note.txt', Buffer.from('seen')],
        ['gbdt.onnx', onnx],
        ['manifest.json', Buffer.from(JSON.stringify(manifest))],
      ]),
    )
    const client = openMlflow(server.address, config)
    const dying: typeof client = {
      ...client,
      async putArtifact(run, file, bytes) {
        await client.putArtifact(run, file, bytes)
        if (file === 'note.txt') await server.kill()
      },
    }
    const options = { folders, url: server.address.url, config, nowMs: () => 0 }
    const broken = await sendWaiting({ ...options, mlflow: dying })
    expect(broken).toMatchObject({ sent: 0, waiting: 1, failure: { refusal: 'away' } })
    await server.start()
    expect(await sendWaiting({ ...options, mlflow: client })).toEqual({ sent: 1, refused: [], waiting: 0 })
    expect(await sendWaiting({ ...options, mlflow: client })).toMatchObject({ sent: 0 })

    const rows = Array.from({ length: ROWS }, (_, row) => [...vectors.subarray(row * 4, row * 4 + 4)])
    const { stdout } = await promisify(execFile)(
      server.python,
      [
        path.join(import.meta.dirname, 'peers/read_back.py'),
        JSON.stringify(rows),
        'peers',
        'ours-1',
        'ours-click',
      ],
      {
        env: {
          ...process.env,
          ...trackingEnvironment(server.address),
          TMPDIR: server.folder,
          PYTHONWARNINGS: 'ignore',
        },
      },
    )
    const { scores, pyfunc, ...read } = JSON.parse(stdout.trim().split('\n').at(-1)!) as {
      scores: number[]
      pyfunc: number[]
    }
    expect(read).toEqual({
      runs: 1,
      status: 'FINISHED',
      start: 1_000,
      end: 9_000,
      params: { learner: 'gbdt', window: '600 rows' },
      auc: auc.map(({ step, timestampMs, value }) => [step, timestampMs, value]),
      artifacts: [
        'curves',
        'curves/auc.svg',
        'curves/metrics',
        'model',
        'model/MLmodel',
        'model/conda.yaml',
        'model/feedloop-manifest.json',
        'model/model.onnx',
        'model/python_env.yaml',
        'model/requirements.txt',
        'note.txt',
      ],
      columns: manifest.featureNames,
      types: ['DataType.float'],
      output: manifest.output,
      versions: ['1'],
      aliases: { challenger: '1' },
    })
    const session = await openModel(onnx, manifest)
    const ours = await session.predict(vectors.slice(0, ROWS * 4), ROWS)
    await session.close()
    const worst = (theirs: number[]) => Math.max(...theirs.map((score, at) => Math.abs(score - ours[at]!)))
    expect(scores.length).toBe(ROWS)
    process.stdout.write(
      `worst difference: onnx ${String(worst(scores))}, python_function ${String(worst(pyfunc))}\n`,
    )
    expect(worst(scores)).toBeLessThan(1e-6)
    expect(worst(pyfunc)).toBeLessThan(1e-6)
  })
})
