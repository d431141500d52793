import { afterEach, expect, it, vi } from 'vitest'
import { tokensOf } from './kafka-tokens.ts'

afterEach(() => vi.unstubAllEnvs())

it('signs for MSK in its region with the credentials that AWS finds, and keeps the token until shortly before its end', async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'not-a-secret')
  vi.stubEnv('AWS_SESSION_TOKEN', 'session')
  let aheadMs = 0
  const token = tokensOf({ mechanism: 'aws-msk-iam', region: 'eu-west-1' }, () => Date.now() + aheadMs)
  const value = await token()
  const signed = new URL(Buffer.from(value, 'base64url').toString())
  expect(signed.host).toBe('kafka.eu-west-1.amazonaws.com')
  expect(Object.fromEntries(signed.searchParams)).toMatchObject({
    Action: 'kafka-cluster:Connect',
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': expect.stringMatching(
      /^AKIDEXAMPLE\/\d{8}\/eu-west-1\/kafka-cluster\/aws4_request$/,
    ) as string,
    'X-Amz-Expires': '900',
    'X-Amz-Security-Token': 'session',
    'X-Amz-Signature': expect.stringMatching(/^[0-9a-f]{64}$/) as string,
  })
  expect(value).not.toContain('not-a-secret')
  expect(await token()).toBe(value)
  aheadMs = 900_000 - 20_000
  await new Promise((resolve) => setTimeout(resolve, 1_100)) // the signature is of a second
  expect(await token()).not.toBe(value)
})

it('asks a token provider each time', async () => {
  let asked = 0
  const token = tokensOf({ mechanism: 'oauthbearer', token: async () => `token-${(asked += 1)}` })
  expect([await token(), await token()]).toEqual(['token-1', 'token-2'])
})

it('says that a token endpoint is not there, and that it may be tried again', async () => {
  const token = tokensOf({
    mechanism: 'oauthbearer',
    tokenUrl: 'http://127.0.0.1:1/token',
    clientId: 'me',
    clientSecret: 's3cret',
  })
  await expect(token()).rejects.toMatchObject({
    policy: 'transient',
    retriable: true,
    message: expect.stringContaining('http://127.0.0.1:1/token does not answer') as string,
  })
})
