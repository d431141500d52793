import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { ModelMove } from '#schemas'
import { createChallengerAlias } from './challenger-alias.ts'
import { trackingConfigSchema } from './config.ts'
import { openMlflow } from './http-mlflow.ts'
import { TAGS } from './mlflow.ts'
import { type FakeMlflow, startFakeMlflow } from './testing/http-fake-mlflow.ts'
import { openLiveLoop } from './testing/live-loop.ts'

const NAME = 'feed-click'

let fake: FakeMlflow
let folder: string
beforeEach(async () => {
  fake = await startFakeMlflow()
  folder = mkdtempSync(path.join(tmpdir(), 'feedloop-challenger-'))
})
afterEach(async () => {
  await fake.close()
  rmSync(folder, { recursive: true })
})

it('gives the alias challenger to what is on trial, and takes it back when that is decided', async () => {
  const { start, play, turn, stages } = await openLiveLoop({ fake, folder })
  const trainer = await start()
  const undecided = () => [...stages()].filter(([, moves]) => moves.at(-1) === 'candidate').at(-1)?.[0]
  const challenger = () => {
    const { aliases, versions } = fake.store.models.get(NAME)!
    return versions.find(({ version }) => version === aliases.get('challenger'))
  }
  for (let asked = 0; asked < 800 && (undecided() === undefined || stages().size < 2); asked += 20)
    await play(20)
  const tried = undecided()!
  await turn()
  expect(challenger()!.tags.get('feedloop.model_id')).toBe(tried)
  const runOf = () => fake.store.runs.filter(({ tags }) => tags.get('feedloop.model_id') === tried)
  expect(runOf().map(({ status, tags }) => [status, tags.get('feedloop.verdict')])).toEqual([
    ['RUNNING', 'on trial'],
  ])
  const requests = fake.requests.length
  await turn()
  // Nothing has changed: only the champion is looked at.
  expect(fake.requests.length - requests).toBeLessThan(5)
  for (let asked = 0; asked < 800 && undecided() === tried; asked += 20) await play(20)
  await turn()
  expect(challenger()?.tags.get('feedloop.model_id')).toBe(undecided())
  // The same run has the verdict, and there is one version of it.
  expect(runOf().map(({ status }) => status)).toEqual(['FINISHED'])
  expect(runOf()[0]!.tags.get('feedloop.verdict')).toMatch(/promoted|rejected/)
  const { versions } = fake.store.models.get(NAME)!
  expect(versions.filter(({ tags }) => tags.get('feedloop.model_id') === tried)).toHaveLength(1)
  await trainer.stop()
})

it('is taken away only where it is ours', async () => {
  const config = trackingConfigSchema.parse({})
  const mlflow = openMlflow(fake.address, config)
  await mlflow.createRegisteredModel(NAME)
  const tags = { [TAGS.modelId]: 'm1' }
  const { version } = await mlflow.createVersion(NAME, { runId: 'r1', source: 'mlflow-artifacts:/1', tags })
  let candidates = [{ modelId: 'm1' }] as ModelMove[]
  const alias = createChallengerAlias({ mlflow, name: NAME, modelLog: { candidates: () => candidates } })
  const { aliases } = fake.store.models.get(NAME)!
  await alias.settle()
  expect(aliases.get('challenger')).toBe(version)
  candidates = []
  await alias.settle()
  expect(aliases.has('challenger')).toBe(false)
  // As `feedloop train` sets it.
  aliases.set('challenger', '99')
  alias.forget()
  await alias.settle()
  expect(aliases.get('challenger')).toBe('99')
})
