import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { streamsLimitsSchema } from '../config.ts'
import type { KafkaAddress } from '../contract.ts'
import type { KafkaSasl } from '../kafka-security.ts'
import { silentLogger } from '../log.ts'
import { passwordOf, type SecureBrokers, startSecureBrokers } from '../testing/process-secure-brokers.ts'
import { waitForGiven } from '../stack/given-services.ts'
import { createKafka, reachBrokers } from './kafka-client.ts'

const limits = streamsLimitsSchema.parse({})
const START_MS = 180_000
/** A person waits no longer for a sentence. */
const TOLD_MS_MAX = 5_000

let secure: SecureBrokers
let secret: string

beforeAll(async () => {
  secure = await startSecureBrokers(['scorer'])
  secret = path.join(secure.folder, 'password')
  await writeFile(secret, `${passwordOf('scorer')}\n`, { mode: 0o600 })
}, START_MS)
afterAll(() => secure?.stop())

const reach = (address: KafkaAddress) =>
  reachBrokers({ address, clientId: 'test', limits, log: silentLogger })

/** What reaching it fails with. */
async function refusal(address: KafkaAddress): Promise<string> {
  const startedAtMs = performance.now()
  const error = await reach(address).then(
    () => new Error('it was let in'),
    (refused: unknown) => refused as Error & { policy?: string },
  )
  expect(performance.now() - startedAtMs).toBeLessThan(TOLD_MS_MAX)
  expect(error).toMatchObject({ policy: 'operator' })
  expect(error.message).not.toContain(passwordOf('scorer'))
  return error.message
}

const by = (listener: string, more: Omit<KafkaAddress, 'brokers'> = {}): KafkaAddress => ({
  brokers: secure.listeners[listener]!,
  ...more,
})
const tls = (more: object = {}) => ({ enabled: true, caFile: secure.authority.caPemFile, ...more })
const login = (mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512', password = passwordOf('scorer')) => ({
  mechanism,
  username: 'scorer',
  password,
})
/** Of nobody who signs: Kafka's own way to try OAUTHBEARER out takes it. */
function unsignedToken(): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const nowSeconds = Math.floor(Date.now() / 1_000)
  return `${part({ alg: 'none' })}.${part({ sub: 'scorer', iat: nowSeconds, exp: nowSeconds + 600 })}.`
}

describe('who is let in', () => {
  it.each(['scram-sha-256', 'scram-sha-512'] as const)(
    '%s over TLS with an own authority',
    async (mechanism) => {
      await reach(by('SCRAM', { tls: tls(), sasl: login(mechanism) }))
    },
  )

  it('PLAIN without TLS', () => reach(by('BARE', { sasl: login('plain') })))

  it('a client certificate', async () => {
    const { certPemFile, keyPemFile } = await secure.authority.issue('client')
    await reach(by('MUTUAL', { tls: tls({ certFile: certPemFile, keyFile: keyPemFile }) }))
  })

  it('OAUTHBEARER by a token of a function, and by client credentials', async () => {
    await reach(
      by('SCRAM', { tls: tls(), sasl: { mechanism: 'oauthbearer', token: async () => unsignedToken() } }),
    )
    const asked: string[] = []
    const server = createServer((request, response) => {
      let body = ''
      request.on('data', (chunk: Buffer) => (body += String(chunk)))
      request.on('end', () => {
        asked.push(`${request.headers.authorization} ${body}`)
        const isKnown = asked.at(-1)?.startsWith(`Basic ${Buffer.from('me:s3cret').toString('base64')}`)
        response.writeHead(isKnown ? 200 : 401, { 'content-type': 'application/json' })
        response.end(
          JSON.stringify(
            isKnown ? { access_token: unsignedToken(), expires_in: 600 } : { error: 'invalid_client' },
          ),
        )
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const credentials = (clientSecret: string): KafkaSasl => ({
      mechanism: 'oauthbearer',
      tokenUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`,
      clientId: 'me',
      clientSecret,
      scope: 'kafka',
    })
    try {
      await reach(by('SCRAM', { tls: tls(), sasl: credentials('s3cret') }))
      expect(asked).toHaveLength(1)
      expect(asked[0]).toContain('grant_type=client_credentials&scope=kafka')
      expect(await refusal(by('SCRAM', { tls: tls(), sasl: credentials('wrong') }))).toContain(
        'refused the client me with 401 (invalid_client)',
      )
    } finally {
      server.close()
    }
  })

  it('a password that was rotated, from the next connection on', async () => {
    const address = by('SCRAM', {
      tls: tls(),
      sasl: { ...login('scram-sha-512'), password: { file: secret } },
    })
    await reach(address)
    const admin = createKafka({
      address,
      clientId: 'test',
      limits,
      log: silentLogger,
      retry: { retries: 0 },
    }).admin()
    await writeFile(secret, 'rotated')
    await expect(admin.connect()).rejects.toThrow(/authentication/i)
    // A broker leaves a refused connection open for a moment; the next attempt would go by it.
    await admin.disconnect()
    await writeFile(secret, passwordOf('scorer'))
    await admin.connect()
    await admin.disconnect()
  })
})

describe('who is refused is told why', () => {
  it('a wrong password', async () => {
    const told = await refusal(by('SCRAM', { tls: tls(), sasl: login('scram-sha-512', 'wrong') }))
    expect(told).toMatch(/refused the login: check user and password/)
  })
  it('an authority that is not known', async () => {
    const told = await refusal(by('SCRAM', { tls: { enabled: true }, sasl: login('scram-sha-512') }))
    expect(told).toMatch(/not trusted .*: set kafka\.tls\.caFile/)
  })
  it('a wrong server name', async () => {
    const told = await refusal(
      by('SCRAM', { tls: tls({ serverName: 'kafka.elsewhere' }), sasl: login('scram-sha-512') }),
    )
    expect(told).toMatch(/for another name .*kafka\.elsewhere.*kafka\.tls\.serverName/)
  })
  it('a certificate past its date: of the broker, and our own', async () => {
    expect(await refusal(by('EXPIRED', { tls: tls() }))).toMatch(/past its date/)
    const { certPemFile, keyPemFile } = await secure.authority.issue('old', { agedDays: 30, validDays: 2 })
    const told = await refusal(by('MUTUAL', { tls: tls({ certFile: certPemFile, keyFile: keyPemFile }) }))
    expect(told).toMatch(/kafka\.tls\.certFile: .*old\.pem .*past its date/)
  })
  it('no client certificate where one is wanted', async () => {
    expect(await refusal(by('MUTUAL', { tls: tls() }))).toMatch(/wants a client certificate/)
  })
  it('TLS to a plain port, plain text to a TLS port', async () => {
    expect(await refusal({ ...secure.open, tls: tls() })).toMatch(/speaks no TLS on that port/)
    expect(await refusal(by('SCRAM', { sasl: login('scram-sha-512') }))).toMatch(/wants TLS on that port/)
  })
  it('no login where one is wanted, a login where none is taken', async () => {
    expect(await refusal(by('BARE'))).toMatch(/wants a login, .* it offers PLAIN/)
    expect(await refusal(by('SCRAM', { tls: tls() }))).toMatch(/wants a login, .* it offers .*SCRAM-SHA-512/)
    expect(await refusal({ ...secure.open, sasl: login('plain') })).toMatch(/takes no login on that port/)
  })
  it('a mechanism that is not offered, with those that are', async () => {
    const told = await refusal(by('SCRAM', { tls: tls(), sasl: login('plain') }))
    expect(told).toMatch(/do not offer the login PLAIN .*offer .*SCRAM-SHA-256.*OAUTHBEARER/)
  })
  it('a file that is no PEM, or not there', async () => {
    expect(await refusal(by('SCRAM', { tls: tls({ caFile: secret }) }))).toMatch(/is no PEM file/)
    expect(await refusal(by('SCRAM', { tls: tls({ caFile: '/nowhere' }) }))).toMatch(
      /cannot be read \(ENOENT\)/,
    )
  })
  it('by `stack up` and `stack status` as well, which wait for what is starting', async () => {
    const { scram, open } = secure
    const given = (address: KafkaAddress) => ({
      kafka: { address: address.brokers.join(','), source: 'the test', security: address },
    })
    const wait = (address: KafkaAddress) => waitForGiven(given(address), { onProgress: () => undefined })
    const startedAtMs = performance.now()
    await expect(wait(scram('scorer', 'wrong'))).rejects.toMatchObject({ code: 'kafka_login' })
    await expect(wait(by('SCRAM'))).rejects.toMatchObject({ code: 'kafka_certificate' })
    expect(performance.now() - startedAtMs).toBeLessThan(2 * TOLD_MS_MAX)
    await wait(open)
    await wait(scram('scorer')) // which has no right at all
  })
  it('a password file that is empty, or readable by all', async () => {
    const withFile = async (name: string, text: string, mode: number) => {
      const file = path.join(secure.folder, name)
      await writeFile(file, text, { mode })
      return by('SCRAM', { tls: tls(), sasl: { ...login('scram-sha-512'), password: { file } } })
    }
    expect(await refusal(await withFile('empty', '\n', 0o600))).toMatch(/empty/)
    expect(await refusal(await withFile('shown', 'x', 0o644))).toMatch(/open to everybody .* chmod o-rwx/)
  })
})
