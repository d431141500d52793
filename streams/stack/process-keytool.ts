import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import type { Environment } from './addresses.ts'
import { KeytoolFailedError } from './errors.ts'
import { privateKeyPemOf } from './pkcs12-key.ts'
import { findJava } from './process-java.ts'

const run = promisify(execFile)

const VALID_DAYS = 365
const AUTHORITY_ALIAS = 'authority'
const PASSWORD_BYTES = 18
/** Only its owner reads it. */
const OWNER_ONLY = 0o600

/** One certificate and its key, in both forms that servers and clients ask for. */
export interface Certificate {
  /** The certificate, then the one of its authority. */
  certPemFile: string
  keyPemFile: string
  /** Both in one PKCS #12 file, for Java. */
  keystoreFile: string
  keystorePassword: string
}

export interface CertificateOptions {
  /** How long ago it began to hold. */
  agedDays?: number
  /** For how long it holds from then on. */
  validDays?: number
}

/** Signs certificates for localhost, 127.0.0.1 and the broker's name among containers. */
export interface Authority {
  caPemFile: string
  /** The certificate `<name>.pem`, `<name>.key`, `<name>.p12`, good for servers and for clients. */
  issue(name: string, options?: CertificateOptions): Promise<Certificate>
}

export interface StackCertificates {
  caPemFile: string
  serverCertPemFile: string
  serverKeyPemFile: string
  keystoreFile: string
  keystorePassword: string
}

/** An own authority in `dir` and a server certificate that it signed. Throws KeytoolFailedError and what findJava throws. */
export async function makeCertificates(
  dir: string,
  env: Environment = process.env,
): Promise<StackCertificates> {
  const { caPemFile, issue } = await createAuthority(dir, env)
  const { certPemFile, keyPemFile, keystoreFile, keystorePassword } = await issue('server')
  return {
    caPemFile,
    serverCertPemFile: certPemFile,
    serverKeyPemFile: keyPemFile,
    keystoreFile,
    keystorePassword,
  }
}

/** Makes an authority in `dir`, by Java's keytool alone. Throws KeytoolFailedError and what findJava throws. */
export async function createAuthority(dir: string, env: Environment = process.env): Promise<Authority> {
  await mkdir(dir, { recursive: true })
  const keytool = await keytoolIn(dir, env)
  const store = ['-keystore', 'authority.p12', '-storetype', 'PKCS12']
  const keyPair = ['-genkeypair', '-keyalg', 'RSA', '-keysize', '2048', ...store]
  await keytool(keyPair, [
    '-alias',
    AUTHORITY_ALIAS,
    '-dname',
    'CN=feedloop local authority',
    '-validity',
    `${VALID_DAYS}`,
    '-ext',
    'bc:c',
    '-ext',
    'ku:c=keyCertSign,cRLSign',
  ])
  const caPem = await keytool(['-exportcert', '-rfc', '-alias', AUTHORITY_ALIAS, ...store])
  const caPemFile = path.join(dir, 'ca.pem')
  await writeFile(caPemFile, caPem)

  async function issue(name: string, options: CertificateOptions = {}): Promise<Certificate> {
    const { agedDays = 0, validDays = VALID_DAYS } = options
    await keytool(keyPair, [
      '-alias',
      name,
      '-signer',
      AUTHORITY_ALIAS,
      '-dname',
      `CN=${name}`,
      '-startdate',
      // keytool's own zero is the second that has begun; a clock that is behind must not refuse it.
      agedDays === 0 ? '-1H' : `-${agedDays}d`,
      '-validity',
      `${validDays}`,
      '-ext',
      'san=dns:localhost,dns:kafka-secure,ip:127.0.0.1',
      '-ext',
      'eku=serverAuth,clientAuth',
    ])
    const certPem = await keytool(['-exportcert', '-rfc', '-alias', name, ...store])
    await keytool(
      ['-importkeystore', '-noprompt', '-srckeystore', 'authority.p12', '-srcalias', name],
      [
        '-srcstorepass:file',
        PASSWORD_FILE,
        '-destkeystore',
        `${name}.p12`,
        '-deststoretype',
        'PKCS12',
        '-deststorepass:file',
        PASSWORD_FILE,
      ],
    )
    return writeForms(dir, name, `${certPem}${caPem}`)
  }
  return { caPemFile, issue }
}

const PASSWORD_FILE = 'keystore.password'

async function writeForms(dir: string, name: string, chainPem: string): Promise<Certificate> {
  const keystorePassword = await readFile(path.join(dir, PASSWORD_FILE), 'utf8')
  const keystoreFile = path.join(dir, `${name}.p12`)
  const certPemFile = path.join(dir, `${name}.pem`)
  const keyPemFile = path.join(dir, `${name}.key`)
  const keyPem = privateKeyPemOf(await readFile(keystoreFile), keystorePassword)
  await writeFile(certPemFile, chainPem)
  await writeFile(keyPemFile, keyPem, { mode: OWNER_ONLY })
  return { certPemFile, keyPemFile, keystoreFile, keystorePassword }
}

/** Each call is over before a compiler or a parallel collector would pay. */
const SHORT_RUN = ['-J-XX:TieredStopAtLevel=1', '-J-XX:+UseSerialGC']

type Keytool = (command: readonly string[], more?: readonly string[]) => Promise<string>

/** keytool run in a folder. Its password is in a file there: on a command line everybody would see it. */
async function keytoolIn(dir: string, env: Environment): Promise<Keytool> {
  const java = await findJava(env)
  const command = java === 'java' ? 'keytool' : path.join(path.dirname(java), 'keytool')
  const password = randomBytes(PASSWORD_BYTES).toString('base64url')
  await writeFile(path.join(dir, PASSWORD_FILE), password, { mode: OWNER_ONLY })
  return async function keytool(asked, more = []) {
    const passwords = asked[0] === '-importkeystore' ? [] : ['-storepass:file', PASSWORD_FILE]
    try {
      const { stdout } = await run(command, [...SHORT_RUN, ...asked, ...more, ...passwords], {
        cwd: dir,
        env: { ...env },
      })
      return stdout
    } catch (error) {
      throw new KeytoolFailedError(asked[0] ?? '', error)
    }
  }
}
