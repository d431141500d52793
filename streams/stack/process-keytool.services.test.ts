import { createPrivateKey, X509Certificate } from 'node:crypto'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { connect, createServer, type TlsOptions } from 'node:tls'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeServices } from '../testing/services.ts'
import { createAuthority, makeCertificates, type StackCertificates } from './process-keytool.ts'

/** What a client that trusts `ca` says of a server. */
async function handshake(server: TlsOptions, ca: string, servername: string): Promise<string> {
  const listening = createServer(server, (socket) => socket.end())
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve))
  const { port } = listening.address() as AddressInfo
  const socket = connect({ host: '127.0.0.1', port, ca, servername })
  try {
    return await new Promise<string>((resolve) => {
      socket.once('secureConnect', () => resolve('trusted'))
      socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    })
  } finally {
    socket.destroy()
    listening.close()
  }
}

describeServices('certificates made by keytool', () => {
  let dir: string
  let made: StackCertificates
  const read = (file: string): Promise<string> => readFile(file, 'utf8')

  beforeAll(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'feedloop-certificates-'))
    made = await makeCertificates(path.join(dir, 'own'))
  })
  afterAll(() => rm(dir, { recursive: true, force: true }))

  test('the server certificate is signed by the authority, for localhost and 127.0.0.1', async () => {
    const authority = new X509Certificate(await read(made.caPemFile))
    const server = new X509Certificate(await read(made.serverCertPemFile))
    expect(authority.ca).toBe(true)
    expect(server.ca).toBe(false)
    expect(server.verify(authority.publicKey)).toBe(true)
    expect(server.checkHost('localhost')).toBe('localhost')
    expect(server.checkIP('127.0.0.1')).toBe('127.0.0.1')
    expect(server.checkPrivateKey(createPrivateKey(await read(made.serverKeyPemFile)))).toBe(true)
  })

  test('a client that knows the authority trusts it; another authority or another name it does not', async () => {
    const cert = await read(made.serverCertPemFile)
    const key = await read(made.serverKeyPemFile)
    const ca = await read(made.caPemFile)
    const foreign = await createAuthority(path.join(dir, 'foreign'))
    expect(await handshake({ cert, key }, ca, 'localhost')).toBe('trusted')
    expect(await handshake({ cert, key }, ca, 'elsewhere')).toBe('ERR_TLS_CERT_ALTNAME_INVALID')
    expect(await handshake({ cert, key }, await read(foreign.caPemFile), 'localhost')).toBe(
      'SELF_SIGNED_CERT_IN_CHAIN',
    )
  })

  test('the keystore is one that servers take, the key is read by its owner alone', async () => {
    const pfx = await readFile(made.keystoreFile)
    const ca = await read(made.caPemFile)
    expect(await handshake({ pfx, passphrase: made.keystorePassword }, ca, 'localhost')).toBe('trusted')
    expect((await stat(made.serverKeyPemFile)).mode & 0o777).toBe(0o600)
  })

  test('issues a certificate that has expired', async () => {
    const authority = await createAuthority(path.join(dir, 'aged'))
    const { certPemFile, keyPemFile } = await authority.issue('expired', { agedDays: 10, validDays: 5 })
    const [cert, key, ca] = await Promise.all([certPemFile, keyPemFile, authority.caPemFile].map(read))
    expect(await handshake({ cert, key }, ca!, 'localhost')).toBe('CERT_HAS_EXPIRED')
  })

  test('says what keytool says when it fails', async () => {
    const authority = await createAuthority(path.join(dir, 'twice'))
    await authority.issue('server')
    await expect(authority.issue('server')).rejects.toMatchObject({
      code: 'keytool_failed',
      message: expect.stringContaining('<server> already exists') as string,
    })
  })
})
