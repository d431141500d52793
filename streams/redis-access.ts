import { z } from 'zod'
import { secretSchema, tlsSchema, withoutSecrets } from '#schemas'

const text = z.string().min(1)
const server = z.string().regex(/^(\[[0-9a-fA-F:]+\]|[^\s:/@]+):\d{1,5}$/, 'must be host:port')

/** How a client gets to Redis beyond a plain address: who it is, TLS, and who knows where the data are. */
export const redisAccessSchema = z.strictObject({
  username: text.optional().describe('of an ACL user; FEEDLOOP_REDIS_USERNAME wins'),
  password: secretSchema
    .optional()
    .describe(
      "text, { env: 'NAME' } or { file: '/path' }, read at each connection; FEEDLOOP_REDIS_PASSWORD or _PASSWORD_FILE wins",
    ),
  tls: tlsSchema
    .optional()
    .describe('given, even empty: TLS, as rediss:// says too; FEEDLOOP_REDIS_TLS_CA_FILE and so on win'),
  cluster: z
    .array(server)
    .min(1)
    .optional()
    .describe('host:port of some servers of a Redis Cluster, instead of url; FEEDLOOP_REDIS_CLUSTER wins'),
  sentinel: z
    .strictObject({
      servers: z.array(server).min(1).describe('host:port; FEEDLOOP_REDIS_SENTINELS wins'),
      name: text
        .default('mymaster')
        .describe('of the primary, as the Sentinels call it; FEEDLOOP_REDIS_SENTINEL_NAME wins'),
      username: text.optional(),
      password: secretSchema
        .optional()
        .describe(
          'of the Sentinels, if they have one; FEEDLOOP_REDIS_SENTINEL_PASSWORD or _PASSWORD_FILE wins',
        ),
      tls: tlsSchema.optional(),
    })
    .optional()
    .describe('instead of url'),
  readFrom: z
    .enum(['primary', 'replica'])
    .optional()
    .describe(
      'where those read who only read (the scorer): a replica is as old as its replication, which its own fences tell, so features are flagged stale by them; FEEDLOOP_REDIS_READ_FROM wins',
    ),
  replica: server
    .optional()
    .describe(
      'host:port of the replica of a single Redis, for readFrom; a Cluster and Sentinels know theirs; FEEDLOOP_REDIS_REPLICA wins',
    ),
})
export type RedisAccess = z.infer<typeof redisAccessSchema>

/** host and port of `host:port`; checked before. */
export function hostAndPort(place: string): { host: string; port: number } {
  const at = place.lastIndexOf(':')
  return { host: place.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(place.slice(at + 1)) }
}

/** Where it is, for a message: no password in it. */
export function redisPlace({ url, cluster, sentinel }: RedisAccess & { url: string }): string {
  if (cluster !== undefined) return `cluster ${cluster.join(', ')}`
  if (sentinel !== undefined) return `${sentinel.name} of the Sentinels ${sentinel.servers.join(', ')}`
  return URL.canParse(url) ? new URL(url).host : withoutSecrets(url)
}

/** As whom Redis knows a client. */
export function redisUser({ url, username }: RedisAccess & { url: string }): string {
  if (username !== undefined) return username
  const inUrl = URL.canParse(url) ? decodeURIComponent(new URL(url).username) : ''
  return inUrl === '' ? 'default' : inUrl
}
