import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createOnnxModels } from '#scorer/model'
import { startFakeMlflow } from '../../tracking/testing/http-fake-mlflow.ts'
import { registerTrainCommands } from './commands.ts'
import { readRun, type ReadRun } from './fs-training-run.ts'
import { writeSmallFolder } from './testing/small-folder.ts'
import { typedCommands } from './testing/typed-command.ts'

let folder: string
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'feedloop-train-'))))
afterAll(() => rmSync(folder, { recursive: true }))

const feedloop = typedCommands(registerTrainCommands)

async function runIn(out: string): Promise<ReadRun> {
  const [id] = readdirSync(out)
  return readRun(join(out, id!))
}

it('trains on a folder by the fit worker and ONNX Runtime, and the file says again what was judged', async () => {
  const data = join(folder, 'data')
  const out = join(folder, 'runs')
  writeSmallFolder(data, { requests: 250 })
  const told = await feedloop('train', '--data', data, '--out', out, '--cost-fp', '1', '--cost-fn', '5')
  expect(told).toContain('gbdt can learn 100 rows by heart')
  const { manifest, onnx, test, metrics } = await runIn(out)
  expect(metrics.threshold.costs).toEqual({ falsePositive: 1, falseNegative: 5 })
  const models = createOnnxModels({})
  const session = await models.openModel(onnx, manifest)
  expect([...(await session.predict(test.vectors, test.count))]).toEqual([...test.scores])
  await session.close()
  await models.stop()
})

it('tells an MLflow server of the run, and waits when it is away', async () => {
  const [data, out] = [join(folder, 'tracked'), join(folder, 'tracked-runs')]
  writeSmallFolder(data, { requests: 150 })
  const train = (url: string) =>
    feedloop('train', '--data', data, '--learner', 'ftrl', '--out', out, '--no-sanity', '--track', url)
  const server = await startFakeMlflow()
  const { url, username, password } = server.address
  await server.close()
  expect(await train(url)).toMatch(/0 run\(s\) sent to .*, 1 still waiting[^]*Nothing is lost/)
  const again = await startFakeMlflow()
  try {
    const login = again.address.url.replace('http://', `http://${username!}:${String(password)}@`)
    expect(await train(login)).toMatch(/2 run\(s\) sent to http:\/\/127\.0\.0\.1:\d+, 0 still waiting/)
    expect(again.requests.filter((what) => what === 'POST runs/create')).toHaveLength(2)
  } finally {
    await again.close()
  }
})

it('says what is wrong with its flags', async () => {
  await expect(feedloop('train')).rejects.toThrow(
    'either --data DIR, or --examples DIR, or --dataset NAME with --path PATH',
  )
  await expect(feedloop('train', '--data', folder, '--learner', 'oracle')).rejects.toThrow()
  await expect(feedloop('train', '--data', folder, '--test-share', '1.5')).rejects.toThrow('a share above 0')
  const halves = feedloop('train', '--data', folder, '--test-share', '0.5', '--validation-share', '0.45')
  await expect(halves).rejects.toThrow('leave less than a tenth to learn from')
})
