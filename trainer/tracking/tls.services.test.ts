import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createAuthority } from '#streams/testing'
import { trackingAddressOf } from './address.ts'
import { trackingConfigSchema } from './config.ts'
import { openMlflow } from './http-mlflow.ts'
import { type FakeMlflow, startFakeMlflow } from './testing/http-fake-mlflow.ts'

let folder: string
let server: FakeMlflow
let caFile: string
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'feedloop-mlflow-tls-'))
  const authority = await createAuthority(folder)
  const { certPemFile, keyPemFile } = await authority.issue('server')
  caFile = authority.caPemFile
  server = await startFakeMlflow({
    cert: readFileSync(certPemFile, 'utf8'),
    key: readFileSync(keyPemFile, 'utf8'),
  })
})
afterAll(async () => {
  await server.close()
  rmSync(folder, { recursive: true })
})

const mlflow = (tls?: { caFile: string }) => {
  const { url, username, password } = server.address
  const config = trackingConfigSchema.parse({
    url,
    username,
    password,
    ...(tls === undefined ? {} : { tls }),
  })
  return openMlflow(trackingAddressOf({}, config)!, config)
}

it('speaks https to a server with an authority of its own, files and all', async () => {
  const open = mlflow({ caFile })
  await open.checkVersion()
  const experimentId = await open.experimentId('secured')
  const run = await open.createRun(experimentId, { runId: 'r1', startedAtMs: 1 })
  const bytes = Buffer.from([0, 255, 10, 13, 0])
  await open.putArtifact(run, 'a/b.bin', bytes)
  expect(Buffer.from((await open.readArtifact(run.artifactUri, 'a/b.bin', 100))!)).toEqual(bytes)
})

it('says which file to give, and what is wrong with one', async () => {
  const said = (tls?: { caFile: string }) =>
    mlflow(tls)
      .checkVersion()
      .catch((error: unknown) => (error as Error).message)
  expect(await said()).toMatch(/certificate is not trusted here .*trainer\.tracking\.tls\.caFile/)
  expect(await said({ caFile: path.join(folder, 'none.pem') })).toMatch(
    /^trainer\.tracking\.tls\.caFile: .*none\.pem cannot be read/,
  )
  const text = path.join(folder, 'text.pem')
  writeFileSync(text, 'no certificate')
  expect(await said({ caFile: text })).toMatch(/is no PEM file/)
})
