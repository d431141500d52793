import { describe, expect, it } from 'vitest'
import { trackingAddressOf, trackingEnvironment } from './address.ts'
import { trackingConfigSchema } from './config.ts'
import { openMlflow } from './http-mlflow.ts'
import { startFakeMlflow } from './testing/http-fake-mlflow.ts'

const none = trackingConfigSchema.parse({})
const configured = trackingConfigSchema.parse({
  url: 'https://mlflow.example/base/',
  username: 'ours',
  password: { file: '/run/secrets/mlflow' },
})

describe('where MLflow is', () => {
  it('is nowhere unless it is said', () => {
    expect(trackingAddressOf({}, none)).toBeUndefined()
    expect(trackingAddressOf({ MLFLOW_TRACKING_URI: ' ' }, none)).toBeUndefined()
  })

  it('is as configured, and each variable wins', () => {
    expect(trackingAddressOf({}, configured)).toEqual({
      url: 'https://mlflow.example/base',
      username: 'ours',
      password: { file: '/run/secrets/mlflow' },
    })
    const env = {
      MLFLOW_TRACKING_URI: 'http://other:5000',
      MLFLOW_TRACKING_USERNAME: 'theirs',
      MLFLOW_TRACKING_PASSWORD: 'secret',
      MLFLOW_TRACKING_TOKEN_FILE: '/run/secrets/token',
    }
    expect(trackingAddressOf(env, configured)).toEqual({
      url: 'http://other:5000',
      username: 'theirs',
      password: { env: 'MLFLOW_TRACKING_PASSWORD' },
      token: { file: '/run/secrets/token' },
    })
  })

  it('has an authority of its own where that is said', () => {
    const own = trackingConfigSchema.parse({ url: 'https://mlflow.example', tls: { caFile: '/etc/ca.pem' } })
    expect(trackingAddressOf({}, own)).toEqual({ url: 'https://mlflow.example', caFile: '/etc/ca.pem' })
    const env = { MLFLOW_TRACKING_SERVER_CERT_PATH: '/other.pem' }
    const address = trackingAddressOf(env, own)!
    expect(address.caFile).toBe('/other.pem')
    expect(trackingEnvironment(address)).toMatchObject(env)
  })

  it('may have its login in the URL, which is shown nowhere', () => {
    const address = trackingAddressOf({ MLFLOW_TRACKING_URI: 'http://u:p%40ss@h:5000/' }, none)
    expect(address).toEqual({ url: 'http://h:5000', username: 'u', password: 'p@ss' })
    expect(trackingAddressOf(trackingEnvironment(address!), none)).toMatchObject({
      url: 'http://h:5000',
      username: 'u',
    })
  })

  it.each(['sqlite:///mlflow.db', './mlruns', 'databricks'])('is no server at %s', (uri) => {
    expect(() => trackingAddressOf({ MLFLOW_TRACKING_URI: uri }, none)).toThrow(
      /\(MLFLOW_TRACKING_URI\) is no address of an MLflow server: start one/,
    )
    expect(trackingConfigSchema.safeParse({ url: uri }).success).toBe(false)
  })
})

it('a token that is refused is told as one', async () => {
  const fake = await startFakeMlflow()
  const address = { url: fake.address.url, token: 'planted-token-77aa' }
  const said = await openMlflow(address, none)
    .checkVersion()
    .catch((error: unknown) => (error as Error).message)
  expect(said).toBe(
    `MLflow at ${address.url} refuses the token: correct MLFLOW_TRACKING_TOKEN (trainer.tracking).`,
  )
  await fake.close()
})
