import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { openRegistry, type RegistryAddress, RegistryUnavailableError } from '#schemas'
import { type ServedRegistry, schemaRegistryConformance, serveMemoryRegistry } from '#schemas/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { askRegistry } from './doctor/registry-facts.ts'
import { type Certificate, createAuthority } from './stack/process-keytool.ts'
import { checkRegistry } from './stack/registry-ready.ts'
import { describeServices } from './testing/services.ts'

const PREFIX = '/team/registry'
const RECORD = JSON.stringify({
  type: 'record',
  name: 'A',
  namespace: 'x',
  fields: [{ name: 'a', type: 'int' }],
})
const basic = (login: string) => `Basic ${Buffer.from(login).toString('base64')}`

describeServices('a registry that asks who one is', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'feedloop-registry-'))
  const passwordFile = path.join(folder, 'password')
  const tls = () => ({ caFile: path.join(folder, 'ca.pem'), serverName: 'localhost' })
  let client: Certificate
  let old: { certFile: string; keyFile: string }
  let byUser: ServedRegistry
  let byToken: ServedRegistry
  let password = 'first-password'
  let subjects = 0

  beforeAll(async () => {
    const authority = await createAuthority(folder)
    const server = await authority.issue('server')
    client = await authority.issue('client')
    const { certPemFile, keyPemFile } = await authority.issue('old', { agedDays: 30, validDays: 2 })
    old = { certFile: certPemFile, keyFile: keyPemFile }
    const pem = {
      cert: readFileSync(server.certPemFile),
      key: readFileSync(server.keyPemFile),
      ca: readFileSync(authority.caPemFile),
    }
    writeFileSync(passwordFile, password)
    chmodSync(passwordFile, 0o600)
    byUser = await serveMemoryRegistry({
      prefix: PREFIX,
      tls: pem,
      judge: (login) => (login === basic(`feed:${password}`) ? 200 : login === basic('other:x') ? 403 : 401),
    })
    byToken = await serveMemoryRegistry({
      tls: { ...pem, requestCert: true },
      judge: (login) => (login === 'Bearer the-token' ? 200 : 401),
    })
  })
  afterAll(async () => {
    rmSync(folder, { recursive: true })
    await Promise.all([byUser.close(), byToken.close()])
  })

  function fileOf(name: string, text: string, mode: number): string {
    const file = path.join(folder, name)
    writeFileSync(file, text)
    chmodSync(file, mode)
    return file
  }
  const asFeed = (): RegistryAddress => ({
    url: byUser.url,
    username: 'feed',
    password: { file: passwordFile },
    tls: tls(),
  })
  const withToken = (): RegistryAddress => ({
    url: byToken.url,
    token: 'the-token',
    tls: { ...tls(), certFile: client.certPemFile, keyFile: client.keyPemFile },
  })

  it.each(schemaRegistryConformance)('by user and password, under a path: $name', (testCase) =>
    testCase.run(openRegistry(asFeed()), `user-${String(subjects++)}`),
  )
  it.each(schemaRegistryConformance)('by token and client certificate: $name', (testCase) =>
    testCase.run(openRegistry(withToken()), `token-${String(subjects++)}`),
  )
  it.each(schemaRegistryConformance)('at the second URL, the first being away: $name', (testCase) =>
    testCase.run(
      openRegistry(
        { ...asFeed(), url: 'https://127.0.0.1:1', otherUrls: [byUser.url] },
        { retryPauseMs: 5, patienceMs: 5_000 },
      ),
      `second-${String(subjects++)}`,
    ),
  )

  it('takes a rotated password without a restart', async () => {
    const registry = openRegistry(asFeed())
    const id = await registry.register('rotated', RECORD)
    password = 'second-password'
    writeFileSync(passwordFile, password)
    expect(await registry.lookup('rotated', RECORD)).toBe(id)
    await checkRegistry(asFeed())
  })

  it.each<[cause: string, wrong: () => Partial<RegistryAddress>, told: string]>([
    ['a wrong password', () => ({ password: 'wrong-password' }), 'user "feed"'],
    [
      'no login',
      () => ({ username: undefined, password: undefined }) as never,
      'asks for a login and none is given',
    ],
    ['a user without the right', () => ({ username: 'other', password: 'x' }), 'user "other" may not'],
    ['a wrong path', () => ({ url: byUser.url.replace(PREFIX, '/elsewhere') }), 'path prefix'],
    ['no TLS', () => ({ url: byUser.url.replace('https:', 'http:') }), 'the URL says http: use https://'],
    ['a file that is no PEM', () => ({ tls: { caFile: passwordFile } }), 'is no PEM file'],
    ['an old client certificate', () => ({ tls: { ...tls(), ...old } }), 'is past its date'],
    ['an empty file', () => ({ password: { file: fileOf('empty', '', 0o600) } }), 'is empty'],
    ['an open file', () => ({ password: { file: fileOf('open', 'x', 0o644) } }), 'is open to everybody'],
    ['an unknown authority', () => ({ tls: {} }), 'registry.tls.caFile'],
    ['another name', () => ({ tls: { ...tls(), serverName: 'elsewhere' } }), 'registry.tls.serverName'],
  ])('tells %s as itself, within seconds', async (_, wrong, told) => {
    const address = { ...asFeed(), ...wrong() }
    const startMs = performance.now()
    await expect(checkRegistry(address)).rejects.toThrow(told)
    await expect(askRegistry(address, ['s'])).rejects.toThrow(told)
    // What a file holds is told when the client is made, what the registry says when it is asked.
    const asked = Promise.resolve().then(() => openRegistry(address).register('s', RECORD))
    await expect(asked).rejects.toThrow(told.replace('path prefix', 'is the path'))
    await expect(asked).rejects.not.toBeInstanceOf(RegistryUnavailableError)
    await expect(asked).rejects.not.toThrow('wrong-password')
    expect(performance.now() - startMs).toBeLessThan(5_000)
  })
})
