import { beforeAll, describe, expect, it } from 'vitest'
import type { TrackingAddress } from '../address.ts'
import { trackingConfigSchema } from '../config.ts'
import { openMlflow } from '../http-mlflow.ts'
import type { Mlflow } from '../mlflow.ts'

/** A server that asks for a login, and serves under 127.0.0.1 only. */
export interface MlflowUnderTest {
  readonly address: TrackingAddress
  /** Of one metric, as the server has it. */
  metric(runId: string, key: string): Promise<{ step: number; timestamp: number; value: number }[]>
}

/** Many times what any request takes, on a machine at its limit. */
const bounds = trackingConfigSchema.parse({ requestMs: 300_000 })

/** What we ask of MLflow, and hold any server to: the real one, and the one of tests. */
export function mlflowConformance(name: string, server: () => MlflowUnderTest): void {
  describe(`${name} as a tracking server`, () => {
    let mlflow: Mlflow
    let experimentId: string
    const text = (bytes: Uint8Array | undefined) =>
      bytes === undefined ? undefined : Buffer.from(bytes).toString()

    beforeAll(async () => {
      mlflow = openMlflow(server().address, bounds)
      experimentId = await mlflow.experimentId('conformance')
    })
    const create = (runId: string) => mlflow.createRun(experimentId, { runId, startedAtMs: 1_000 })
    const refusal = (error: unknown) => (error as { refusal?: unknown }).refusal

    it('is a version that we know, and has one experiment of a name', async () => {
      await mlflow.checkVersion()
      expect(await mlflow.experimentId('conformance')).toBe(experimentId)
    })

    it('finds a run by its tag, and only there', async () => {
      const made = await create('tagged-1')
      expect(made.artifactUri).toMatch(/^mlflow-artifacts:\//)
      const found = await mlflow.runsTagged(experimentId, 'feedloop.run_id', 'tagged-1')
      expect(found.map(({ runId, startedAtMs }) => ({ runId, startedAtMs }))).toEqual([
        { runId: made.runId, startedAtMs: 1_000 },
      ])
      expect(await mlflow.runsTagged(experimentId, 'feedloop.run_id', 'tagged-2')).toEqual([])
      const elsewhere = await mlflow.experimentId('conformance-2')
      expect(await mlflow.runsTagged(elsewhere, 'feedloop.run_id', 'tagged-1')).toEqual([])
      await mlflow.deleteRun(made.runId)
      expect(await mlflow.runsTagged(experimentId, 'feedloop.run_id', 'tagged-1')).toEqual([])
    })

    it('logs the same twice as once, and refuses another value of a parameter', async () => {
      const { runId } = await create('logged')
      const metrics = [0, 1].map((step) => ({
        key: 'auc',
        value: 0.5 + step / 8,
        timestampMs: 1_000 + step,
        step,
      }))
      for (const _ of [1, 2])
        await mlflow.log(runId, { params: { alpha: '0.1' }, metrics, tags: { why: 'test' } })
      expect(await server().metric(runId, 'auc')).toEqual([
        { step: 0, timestamp: 1_000, value: 0.5 },
        { step: 1, timestamp: 1_001, value: 0.625 },
      ])
      const changed = mlflow.log(runId, { params: { alpha: '0.2' } })
      expect(refusal(await changed.catch((error: unknown) => error))).toBe('invalid')
      await mlflow.endRun(runId, { status: 'FINISHED', endedAtMs: 2_000 })
      const [found] = await mlflow.runsTagged(experimentId, 'feedloop.run_id', 'logged')
      expect(found?.tags['why']).toBe('test')
    })

    it('keeps files, and says when there is none', async () => {
      const run = await create('files')
      await mlflow.putArtifact(run, 'curves/a b.txt', Buffer.from('one'))
      await mlflow.putArtifact(run, 'curves/a b.txt', Buffer.from('two'))
      expect(text(await mlflow.readArtifact(run.artifactUri, 'curves/a b.txt', 3))).toBe('two')
      expect(await mlflow.readArtifact(run.artifactUri, 'curves/a b.txt', 2)).toBeUndefined()
      expect(await mlflow.readArtifact(run.artifactUri, 'curves/none.txt', 9)).toBeUndefined()
    })

    it('has models, versions, tags and aliases', async () => {
      expect(await mlflow.registeredModel('ours')).toBeUndefined()
      await mlflow.createRegisteredModel('ours')
      await mlflow.createRegisteredModel('ours')
      const run = await create('model')
      await mlflow.noteModel(run.runId, JSON.stringify(mlmodelOf(run.runId)))
      const of = {
        runId: run.runId,
        source: `${run.artifactUri}/model`,
        tags: { 'feedloop.model_id': 'm-1' },
      }
      const made = await mlflow.createVersion('ours', of)
      expect(await mlflow.versionsOf('ours', { runId: run.runId })).toEqual([made])
      expect(await mlflow.versionsOf('ours', { tag: 'feedloop.model_id', value: 'm-1' })).toEqual([made])
      expect(await mlflow.versionsOf('ours', { tag: 'feedloop.model_id', value: 'm-2' })).toEqual([])
      await mlflow.setAlias('ours', 'champion', made.version)
      await mlflow.setAlias('ours', 'challenger', made.version)
      await mlflow.removeAlias('ours', 'challenger')
      await mlflow.removeAlias('ours', 'challenger')
      await mlflow.tagModel('ours', 'feedloop.champion', made.version)
      await mlflow.tagVersion('ours', made.version, 'feedloop.refused', 'worse')
      expect(await mlflow.registeredModel('ours')).toEqual({
        aliases: { champion: made.version },
        tags: { 'feedloop.champion': made.version },
      })
      expect(await mlflow.version('ours', made.version)).toEqual({
        ...made,
        tags: { ...made.tags, 'feedloop.refused': 'worse' },
      })
      expect(await mlflow.version('ours', '99')).toBeUndefined()
    })

    it('refuses a wrong login and none, each by a sentence', async () => {
      const { url, username = '' } = server().address
      const wrong = openMlflow({ url, username, password: 'planted-mlflow-1d2e' }, bounds)
      await expect(wrong.experimentId('x')).rejects.toMatchObject({
        refusal: 'login',
        message: expect.stringMatching(
          /refuses the login of the user "\w+": correct MLFLOW_TRACKING_/,
        ) as string,
      })
      const nobody = openMlflow({ url }, bounds)
      await expect(nobody.experimentId('x')).rejects.toMatchObject({
        message: expect.stringMatching(/asks for a login and none is given: set MLFLOW_TRACKING_/) as string,
      })
    })

    it('does not serve under a name that it does not know', async () => {
      const { address } = server()
      const foreign = openMlflow({ ...address, url: address.url.replace('127.0.0.1', 'localhost') }, bounds)
      await expect(foreign.experimentId('x')).rejects.toMatchObject({
        refusal: 'host',
        message: expect.stringMatching(
          /does not serve under the name localhost:\d+: start it with --allowed-hosts/,
        ) as string,
      })
    })
  })
}

const mlmodelOf = (runId: string) => ({
  artifact_path: 'model',
  flavors: { onnx: { data: 'model.onnx' } },
  model_uuid: 'a'.repeat(32),
  run_id: runId,
  utc_time_created: '2026-01-01 00:00:00.000000',
})
