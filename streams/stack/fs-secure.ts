import { randomBytes, X509Certificate } from 'node:crypto'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Environment } from './addresses.ts'
import { secureDirOf } from './layout.ts'
import { makeCertificates, type StackCertificates } from './process-keytool.ts'
import { STACK_USERS, type StackUser } from './secure-users.ts'

const PASSWORD_BYTES = 24
const DAY_MS = 86_400_000
/** Only its owner reads it. */
export const OWNER_ONLY = 0o600

/** What the services of a secure stack are started with. */
export interface StackSecurity {
  certificates: StackCertificates
  passwords: Readonly<Record<StackUser, string>>
}

export const caFileOf = (dir: string): string => path.join(certificatesDir(dir), 'ca.pem')
export const passwordFileOf = (dir: string, user: StackUser): string =>
  path.join(secureDirOf(dir), 'secrets', user)

const certificatesDir = (dir: string): string => path.join(secureDirOf(dir), 'certificates')
const CERTIFICATES_FILE = 'certificates.json'

/** Certificates and passwords of the stack in `dir`: those of its last start, made when there are none. */
export async function ensureSecurity(dir: string, env: Environment): Promise<StackSecurity> {
  const certificates = await ensureCertificates(certificatesDir(dir), env, Date.now())
  const passwords = await Promise.all(
    STACK_USERS.map(async (user) => [user, await ensurePassword(passwordFileOf(dir, user))] as const),
  )
  return { certificates, passwords: Object.fromEntries(passwords) as Record<StackUser, string> }
}

async function ensureCertificates(dir: string, env: Environment, nowMs: number): Promise<StackCertificates> {
  const file = path.join(dir, CERTIFICATES_FILE)
  const kept = await readFile(file, 'utf8').catch(() => undefined)
  if (kept !== undefined) {
    const certificates = JSON.parse(kept) as StackCertificates
    const { validTo } = new X509Certificate(await readFile(certificates.serverCertPemFile))
    if (Date.parse(validTo) - nowMs > DAY_MS) return certificates
  }
  await rm(dir, { recursive: true, force: true })
  const certificates = await makeCertificates(dir, env)
  await writeFile(file, JSON.stringify(certificates), { mode: OWNER_ONLY })
  return certificates
}

async function ensurePassword(file: string): Promise<string> {
  const kept = await readFile(file, 'utf8').catch(() => '')
  if (kept !== '') return kept
  const password = randomBytes(PASSWORD_BYTES).toString('base64url')
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 })
  await writeFile(file, password, { mode: OWNER_ONLY })
  return password
}
