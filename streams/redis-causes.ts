import { type RedisAccess, redisPlace, redisUser } from './redis-access.ts'

const CERTIFICATE_CODES =
  /SELF_SIGNED|UNABLE_TO_(GET_ISSUER|VERIFY)|CERT_UNTRUSTED|self-signed certificate|unable to (get|verify)/i

type Where = RedisAccess & { url: string }

/** What a Redis or its TLS says, and what a person can do about it; the first that fits is told. */
const CAUSES: readonly [says: RegExp, sentence: (where: Where, said: string) => string][] = [
  [
    /\bWRONGPASS\b|invalid password|invalid username-password/i,
    (where) =>
      `it refuses the login of user "${redisUser(where)}": wrong user or password. ` +
      'Correct redis.username and redis.password (FEEDLOOP_REDIS_USERNAME, FEEDLOOP_REDIS_PASSWORD or FEEDLOOP_REDIS_PASSWORD_FILE)',
  ],
  [
    /\bNOAUTH\b/,
    () =>
      'it wants a login. Give redis.username and redis.password (FEEDLOOP_REDIS_USERNAME, FEEDLOOP_REDIS_PASSWORD or FEEDLOOP_REDIS_PASSWORD_FILE)',
  ],
  [
    /\bNOPERM\b|ACL failure/,
    (where, said) =>
      `the user "${redisUser(where)}" may not do this (${said}). \`npx feedloop doctor\` lists the rights it needs`,
  ],
  [
    CERTIFICATE_CODES,
    () =>
      'its certificate is not signed by an authority that is trusted here. Give the PEM file of its authority in redis.tls.caFile (FEEDLOOP_REDIS_TLS_CA_FILE)',
  ],
  [
    /ALTNAME|Hostname\/IP does not match/i,
    () =>
      'its certificate is for another name. Give the name in it as redis.tls.serverName (FEEDLOOP_REDIS_TLS_SERVER_NAME)',
  ],
  [
    /CERT_HAS_EXPIRED|certificate has expired/i,
    () => 'its certificate is past its date. Put a new one on the server',
  ],
  [
    /alert certificate (expired|revoked)/i,
    () =>
      'it finds the certificate of this client past its date. Put a new one there (redis.tls.certFile, FEEDLOOP_REDIS_TLS_CERT_FILE)',
  ],
  [
    /certificate.required|handshake failure|bad certificate|certificate unknown|unknown ca/i,
    () =>
      'it does not take the certificate of this client. Give one that it trusts in redis.tls.certFile and keyFile',
  ],
  [
    /wrong version number|packet length too long/i,
    () => 'it does not speak TLS on this port. Use redis:// and no redis.tls, or its TLS port',
  ],
  [
    /slots? .*not served|CLUSTERDOWN/i,
    (_, said) =>
      `part of the cluster is not served (${said}). See "redis-cli cluster nodes": bring back the server that had these slots, or give them to another`,
  ],
  [
    /cluster support disabled/i,
    () => 'it is no Redis Cluster. Give its address in redis.url, not in redis.cluster',
  ],
]
const CLOSED = /Connection is closed|ECONNRESET|socket hang up|Socket closed/i

/**
 * What stands behind an error of the Redis client, in a sentence; null when it is a plain outage.
 *
 * @example redisCauseOf(new Error('WRONGPASS invalid ...'), { url: 'redis://scorer@db:6379' })
 * // 'Redis at db:6379: it refuses the login of user "scorer": wrong user or password. Correct redis.username ...'
 */
export function redisCauseOf(error: unknown, where: Where): string | null {
  const said = textOf(error)
  const known = CAUSES.find(([says]) => says.test(said))?.[1]
  if (known !== undefined) return `Redis at ${redisPlace(where)}: ${known(where, said)}.`
  const isPlain = where.tls === undefined && !where.url.startsWith('rediss:')
  if (!isPlain && (CLOSED.test(said) || /ETIMEDOUT/.test(said)))
    return `Redis at ${redisPlace(where)}: it gives no answer to TLS. If it speaks none on this port, use redis:// and no redis.tls.`
  if (!isPlain || !CLOSED.test(said)) return null
  return `Redis at ${redisPlace(where)}: it hangs up without an answer. If it wants TLS, use rediss:// or give redis.tls (FEEDLOOP_REDIS_TLS=true).`
}

/** The messages and codes of an error and all that it was caused by. */
function textOf(error: unknown): string {
  const texts: string[] = []
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; depth++) {
    const { code, lastNodeError } = at as { code?: unknown; lastNodeError?: unknown }
    texts.push(at.message, ...(typeof code === 'string' ? [code] : []))
    at = at.cause ?? lastNodeError
  }
  return texts.length > 0 ? [...new Set(texts)].join('; ') : String(error)
}
