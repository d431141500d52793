import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { RedisAccess } from '../redis-access.ts'
import { portProbe } from '../stack/process-ports.ts'
import { type Authority, createAuthority } from '../stack/process-keytool.ts'
import { type OwnRedis, startOwnRedis } from './process-own-redis.ts'

export interface SecuredRedis {
  readonly redis: OwnRedis
  readonly authority: Authority
  /** Everything, for a test that looks or harms. */
  readonly admin: RedisAccess
  /** How the user of this name connects, with this password. */
  as(username: string, password: string): RedisAccess
  /** Where certificates and passwords may be put; gone at the end. */
  readonly folder: string
  close(): Promise<void>
}

const ADMIN_PASSWORD = 'admin-of-the-test'

/**
 * A Redis that speaks TLS alone, on a certificate of its own authority, and knows only these users.
 *
 * @param users lines of an ACL file: `user scorer on >password ~f:* +get`
 */
export async function startSecuredRedis(
  users: readonly string[],
  settings: Readonly<Record<string, string | number>> = {},
): Promise<SecuredRedis> {
  const folder = await mkdtemp(path.join(tmpdir(), 'feedloop-secured-redis-'))
  const remove = () => rm(folder, { recursive: true, force: true })
  try {
    const authority = await createAuthority(path.join(folder, 'certificates'))
    const { certPemFile, keyPemFile } = await authority.issue('redis')
    const aclFile = path.join(folder, 'users.acl')
    const lines = ['user default off', `user admin on >${ADMIN_PASSWORD} ~* &* +@all`, ...users]
    await writeFile(aclFile, lines.map((line) => `${line}\n`).join(''))
    const as = (username: string, password: string): RedisAccess => ({
      username,
      password,
      tls: { caFile: authority.caPemFile, serverName: 'localhost' },
    })
    const port = await portProbe.anyFree()
    const redis = await startOwnRedis({
      port,
      access: as('admin', ADMIN_PASSWORD),
      settings: {
        port: 0,
        'tls-port': port,
        'tls-cert-file': certPemFile,
        'tls-key-file': keyPemFile,
        'tls-ca-cert-file': authority.caPemFile,
        'tls-auth-clients': 'no',
        aclfile: aclFile,
        ...settings,
      },
    })
    const close = () => redis.close().finally(remove)
    return { redis, authority, admin: as('admin', ADMIN_PASSWORD), as, folder, close }
  } catch (error) {
    await remove()
    throw error
  }
}
