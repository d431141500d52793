import { type RedisAccess, redisAccessSchema } from '../redis-access.ts'
import { said, secretEnvironment, secretOf, tlsEnvironment, tlsOf } from './access-environment.ts'
import { AddressInvalidError } from './errors.ts'
import { ADDRESS_VARIABLES } from './stack-services.ts'

type Environment = Readonly<Record<string, string | undefined>>

const USERNAME = 'FEEDLOOP_REDIS_USERNAME'
const PASSWORD = 'FEEDLOOP_REDIS_PASSWORD'
const TLS = 'FEEDLOOP_REDIS_TLS'
const CLUSTER = 'FEEDLOOP_REDIS_CLUSTER'
const SENTINELS = 'FEEDLOOP_REDIS_SENTINELS'
const SENTINEL_NAME = 'FEEDLOOP_REDIS_SENTINEL_NAME'
const SENTINEL_USERNAME = 'FEEDLOOP_REDIS_SENTINEL_USERNAME'
const SENTINEL_PASSWORD = 'FEEDLOOP_REDIS_SENTINEL_PASSWORD'
const SENTINEL_TLS = 'FEEDLOOP_REDIS_SENTINEL_TLS'
const READ_FROM = 'FEEDLOOP_REDIS_READ_FROM'
const REPLICA = 'FEEDLOOP_REDIS_REPLICA'

/** A Redis that is given by its servers and not by a URL. */
export interface RedisPlace {
  /** The URL of the first of them, for what wants one. */
  address: string
  source: string
}

/** Cluster or Sentinels of the environment, or of the configuration when the environment names no Redis at all. */
export function redisPlaceOf(env: Environment, configured: RedisAccess): RedisPlace | undefined {
  const [{ cluster, sentinel }, isFromEnvironment] = serversOf(env, configured)
  const first = cluster?.[0] ?? sentinel?.servers[0]
  if (first === undefined) return undefined
  const [variable, setting] =
    cluster === undefined ? [SENTINELS, 'redis.sentinel'] : [CLUSTER, 'redis.cluster']
  return {
    // A URL beside them may hold the login and the database.
    address: said(env, ADDRESS_VARIABLES.redis) ?? `redis://${first}`,
    source: isFromEnvironment ? variable : `the configuration, ${setting}`,
  }
}

/**
 * Login, TLS and servers: the configuration, each field overruled by its variable.
 *
 * @throws AddressInvalidError naming the variable
 */
export function redisAccessOf(env: Environment, configured: RedisAccess): RedisAccess {
  const username = said(env, USERNAME) ?? configured.username
  const password = secretOf(env, PASSWORD, configured.password)
  const tls = tlsOf(env, TLS, configured.tls)
  const [servers] = serversOf(env, configured)
  return {
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(tls === undefined ? {} : { tls }),
    ...servers,
    ...readingOf(env, configured),
  }
}

/** @throws AddressInvalidError naming the variable */
function readingOf(env: Environment, configured: RedisAccess): Pick<RedisAccess, 'readFrom' | 'replica'> {
  const { readFrom, replica } = redisAccessSchema.shape
  const from = readFrom.safeParse(said(env, READ_FROM) ?? configured.readFrom)
  if (!from.success)
    throw new AddressInvalidError(said(env, READ_FROM) ?? '', READ_FROM, 'primary or replica')
  const at = replica.safeParse(said(env, REPLICA) ?? configured.replica)
  if (!at.success) throw new AddressInvalidError(said(env, REPLICA) ?? '', REPLICA, 'host:port')
  return {
    ...(from.data === undefined ? {} : { readFrom: from.data }),
    ...(at.data === undefined ? {} : { replica: at.data }),
  }
}

type Servers = Pick<RedisAccess, 'cluster' | 'sentinel'>

function serversOf(
  env: Environment,
  configured: RedisAccess,
): [servers: Servers, isFromEnvironment: boolean] {
  const cluster = listOf(env, CLUSTER)
  if (cluster !== undefined) return [{ cluster }, true]
  const servers = listOf(env, SENTINELS)
  if (servers !== undefined) return [{ sentinel: sentinelOf(env, { ...configured.sentinel, servers }) }, true]
  if (said(env, ADDRESS_VARIABLES.redis) !== undefined) return [{}, false]
  const { cluster: ofConfiguration, sentinel } = configured
  if (ofConfiguration !== undefined) return [{ cluster: ofConfiguration }, false]
  return [sentinel === undefined ? {} : { sentinel: sentinelOf(env, sentinel) }, false]
}

type Sentinel = NonNullable<RedisAccess['sentinel']>

function sentinelOf(env: Environment, configured: Partial<Sentinel> & Pick<Sentinel, 'servers'>): Sentinel {
  const username = said(env, SENTINEL_USERNAME) ?? configured.username
  const password = secretOf(env, SENTINEL_PASSWORD, configured.password)
  const tls = tlsOf(env, SENTINEL_TLS, configured.tls)
  return {
    servers: configured.servers,
    name: said(env, SENTINEL_NAME) ?? configured.name ?? 'mymaster',
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(tls === undefined ? {} : { tls }),
  }
}

function listOf(env: Environment, variable: string): string[] | undefined {
  const servers = said(env, variable)
    ?.split(',')
    .map((server) => server.trim())
  if (servers === undefined) return undefined
  const parsed = redisAccessSchema.shape.cluster.safeParse(servers)
  if (!parsed.success) throw new AddressInvalidError(servers.join(','), variable, 'host:port[,host:port...]')
  return servers
}

/** What `redisAccessOf` reads in another process. */
export function redisAccessEnvironment({
  username,
  password,
  tls,
  cluster,
  sentinel,
  readFrom,
  replica,
}: RedisAccess): Record<string, string> {
  return {
    ...(readFrom === undefined ? {} : { [READ_FROM]: readFrom }),
    ...(replica === undefined ? {} : { [REPLICA]: replica }),
    ...(username === undefined ? {} : { [USERNAME]: username }),
    ...secretEnvironment(PASSWORD, password),
    ...tlsEnvironment(TLS, tls),
    ...(cluster === undefined ? {} : { [CLUSTER]: cluster.join(',') }),
    ...(sentinel === undefined
      ? {}
      : {
          [SENTINELS]: sentinel.servers.join(','),
          [SENTINEL_NAME]: sentinel.name,
          ...(sentinel.username === undefined ? {} : { [SENTINEL_USERNAME]: sentinel.username }),
          ...secretEnvironment(SENTINEL_PASSWORD, sentinel.password),
          ...tlsEnvironment(SENTINEL_TLS, sentinel.tls),
        }),
  }
}
