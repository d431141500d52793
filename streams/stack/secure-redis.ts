import { createHash } from 'node:crypto'
import type { StackCertificates } from './process-keytool.ts'
import type { StackUser } from './secure-users.ts'

/** Beside redis.conf. */
export const REDIS_USERS_FILE = 'users.acl'

/** On top of `redisSettings`: TLS on the port, nothing plain, users from a file. */
export function secureRedisSettings(
  port: number,
  certificates: StackCertificates,
): Record<string, string | number> {
  return {
    port: 0,
    'tls-port': port,
    'tls-cert-file': certificates.serverCertPemFile,
    'tls-key-file': certificates.serverKeyPemFile,
    'tls-ca-cert-file': certificates.caPemFile,
    'tls-auth-clients': 'no',
    aclfile: REDIS_USERS_FILE,
  }
}

/** Who uses Redis, and for what: the features service writes states, the scorer, the trainer and the skew service read them. */
const REDIS_RIGHTS: Partial<Record<StackUser, string>> = {
  admin: '~* &* +@all',
  operator: '~* &* +@all -@admin -@dangerous +info +client|list',
  features: 'KEYS resetchannels -@all +@read +@write +@scripting +@connection -@dangerous +info',
  scorer: 'KEYS resetchannels -@all +@read +@connection -@dangerous +info',
  trainer: 'KEYS resetchannels -@all +@read +@connection -@dangerous +info',
  skew: 'KEYS resetchannels -@all +@read +@connection -@dangerous +info',
}

/**
 * The ACL file of a secure Redis. Passwords are in it as their SHA-256 only; whoever has no login may do nothing.
 *
 * @param prefix of the feed: its states, fences and nothing else of anybody
 * @see https://redis.io/docs/latest/operate/oss_and_stack/management/security/acl/
 */
export function redisUsers(prefix: string, passwords: Readonly<Record<StackUser, string>>): string {
  const users = Object.entries(REDIS_RIGHTS).map(([name, rights]) => {
    const hash = createHash('sha256')
      .update(passwords[name as StackUser])
      .digest('hex')
    return `user ${name} on #${hash} ${rights.replace('KEYS', `~${prefix}:*`)}\n`
  })
  return ['user default off\n', ...users].join('')
}
