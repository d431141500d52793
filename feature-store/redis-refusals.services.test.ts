import { chmodSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { createRedis, type RedisAddress } from '#streams'
import { type OwnRedis, type SecuredRedis, startOwnRedis, startSecuredRedis } from '#streams/testing'
import { describeServices } from '#streams/testing/services'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openRedisStore } from './redis-store.ts'

describeServices('a Redis that refuses', () => {
  let secured: SecuredRedis
  let plain: OwnRedis
  let old: { certFile: string; keyFile: string }

  beforeAll(async () => {
    secured = await startSecuredRedis(['user reader on >planted-reader ~x:* +get +mget +info'])
    plain = await startOwnRedis()
    const issued = await secured.authority.issue('old', { agedDays: 30, validDays: 2 })
    old = { certFile: issued.certPemFile, keyFile: issued.keyPemFile }
  })
  afterAll(async () => {
    await plain.close()
    await secured.close()
  })

  function fileOf(name: string, text: string, mode: number): string {
    const file = path.join(secured.folder, name)
    writeFileSync(file, text)
    chmodSync(file, mode)
    return file
  }
  const asReader = (): RedisAddress => ({
    url: secured.redis.url,
    ...secured.as('reader', 'planted-reader'),
  })

  it.each<[cause: string, wrong: () => Partial<RedisAddress>, told: string]>([
    ['a wrong password', () => ({ password: 'planted-wrong' }), 'refuses the login of user "reader"'],
    ['a wrong user', () => ({ username: 'nobody' }), 'refuses the login of user "nobody"'],
    ['an unknown authority', () => ({ tls: {} }), 'not signed by an authority that is trusted here'],
    ['another name', () => ({ tls: { ...asReader().tls, serverName: 'elsewhere' } }), 'is for another name'],
    ['a file that is no PEM', () => ({ tls: { caFile: fileOf('x', 'binary', 0o600) } }), 'is no PEM file'],
    ['an old client certificate', () => ({ tls: { ...asReader().tls, ...old } }), 'is past its date'],
    ['an empty file', () => ({ password: { file: fileOf('empty', '', 0o600) } }), 'is empty'],
    ['an open file', () => ({ password: { file: fileOf('open', 'x', 0o644) } }), 'is open to everybody'],
    ['TLS on a plain port', () => ({ url: plain.url }), 'If it speaks none on this port'],
    [
      'no Cluster',
      () => ({ cluster: [`127.0.0.1:${String(secured.redis.port)}`], ...secured.admin }),
      'is no Redis Cluster',
    ],
  ])('tells %s as itself, within seconds', async (_, wrong, told) => {
    const startMs = performance.now()
    const refused = openRedisStore({ ...asReader(), ...wrong() }, 'x')
    await expect(refused).rejects.toMatchObject({
      policy: 'operator',
      message: expect.stringContaining(told),
    })
    await expect(refused).rejects.not.toThrow('planted')
    expect(performance.now() - startMs).toBeLessThan(5_000)
  })

  it('tells a missing login and missing TLS as themselves', async () => {
    const { tls } = asReader()
    const noLogin = openRedisStore({ url: secured.redis.url, ...(tls === undefined ? {} : { tls }) }, 'x')
    await expect(noLogin).rejects.toThrow('it wants a login')
    const noTls = openRedisStore({ url: secured.redis.url.replace('rediss:', 'redis:') }, 'x')
    await expect(noTls).rejects.toThrow('If it wants TLS')
  })

  it('tells a missing right at once, with the user, and does not wait for it to pass', async () => {
    const store = await openRedisStore(asReader(), 'x', { outageMsMax: 60_000 })
    try {
      const acquired = store.acquire('{t.0}:x', { startOffset: 0, rebuildUntilOffset: 0 })
      await expect(acquired).rejects.toMatchObject({
        code: 'store_forbidden',
        policy: 'operator',
        message: expect.stringContaining('the user "reader" may not do this'),
      })
    } finally {
      await store.close()
    }
  })

  it('comes back with the rotated password after a break', async () => {
    const file = fileOf('password', 'planted-reader', 0o600)
    const store = await openRedisStore({ ...asReader(), password: { file } }, 'x')
    const admin = createRedis(secured.redis.address)
    try {
      await admin.call('ACL', 'SETUSER', 'reader', 'resetpass', '>planted-rotated')
      writeFileSync(file, 'planted-rotated')
      await admin.call('CLIENT', 'KILL', 'USER', 'reader')
      const reading = () =>
        store.read({ fences: ['{t.0}:x'], blobs: [] }).then(({ fences }) => fences, String)
      await expect.poll(reading).toEqual([null])
    } finally {
      admin.disconnect()
      await store.close()
    }
  })
})
