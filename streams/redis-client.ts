import { Cluster, Redis, type RedisOptions } from 'ioredis'
import { readSecret, readTls } from '#schemas'
import type { RedisAddress } from './contract.ts'
import { OperatorError } from './errors.ts'
import { hostAndPort } from './redis-access.ts'
import { redisCauseOf } from './redis-causes.ts'

/** One server (also found by Sentinels), or a Cluster: commands of one slot are the same on both. */
export type RedisClient = Redis | Cluster

/** The ioredis client of every command, service, check and test: how it connects is said here and nowhere else. */
export function createRedis(address: RedisAddress, options: RedisOptions = {}): RedisClient {
  return address.cluster === undefined
    ? createServerClient(address, options)
    : createClusterClient(address, address.cluster, options)
}

/**
 * The address for who only reads: of a replica, when `redis.readFrom` says so. What is written is there a moment later.
 *
 * @throws OperatorError `redis_replica_unknown`
 */
export function readingAddress(address: RedisAddress): RedisAddress {
  const { readFrom, replica, cluster, sentinel } = address
  if (readFrom !== 'replica') return address
  if (replica === undefined && cluster === undefined && sentinel === undefined)
    throw new OperatorError(
      'redis_replica_unknown',
      "redis.readFrom is 'replica', and nothing says where one is: name it in redis.replica (host:port).",
    )
  return { ...address, isReplica: true }
}

/** Every server that takes writes: what has no key is asked of each of them. */
export function primariesOf(redis: RedisClient): Redis[] {
  return redis instanceof Cluster ? redis.nodes('master') : [redis]
}

/** Slots of a Cluster that nobody serves, as ranges; empty for a single server, and when all are served. */
export function unservedSlots(redis: RedisClient): string[] {
  if (!(redis instanceof Cluster)) return []
  const ranges: string[] = []
  for (let slot = 0, first = -1; slot <= SLOTS; slot++) {
    const isUnserved = slot < SLOTS && (redis.slots[slot]?.length ?? 0) === 0
    if (isUnserved && first < 0) first = slot
    if (isUnserved || first < 0) continue
    ranges.push(first === slot - 1 ? String(first) : `${String(first)}-${String(slot - 1)}`)
    first = -1
  }
  return ranges
}
const SLOTS = 16_384

/** What the client says on its `error` event, which is why its commands fail; they only say "Connection is closed". */
export function watchCauses(redis: RedisClient): (error: unknown) => unknown {
  let cause: Error | undefined
  const told = (error: Error) => {
    cause = error
  }
  redis.on('error', (error: Error & { lastNodeError?: unknown }) => {
    // The Cluster's own says that no server could be asked; what the server said came before it.
    if (cause === undefined || error.lastNodeError === undefined) told(error)
  })
  if (redis instanceof Cluster) redis.on('node error', told)
  redis.on('ready', () => {
    cause = undefined
  })
  return (error) => (error instanceof Error && error.name === 'ReplyError' ? error : (cause ?? error))
}

/** The error with a sentence for whoever must mend it, where the cause is known. */
export function explainRedis(error: unknown, address: RedisAddress): unknown {
  const sentence = redisCauseOf(error, address)
  return sentence === null ? error : new OperatorError('redis_refuses', sentence, { cause: error })
}

/**
 * A few questions on a connection of their own, each answered in `requestMs` or not at all.
 *
 * @throws why Redis does not answer, or what `ask` throws
 */
export async function askRedisOnce<T>(
  address: RedisAddress,
  requestMs: number,
  ask: (redis: RedisClient) => Promise<T>,
): Promise<T> {
  const redis = createRedis(address, {
    lazyConnect: true,
    enableReadyCheck: false,
    enableOfflineQueue: false,
    connectTimeout: requestMs,
    commandTimeout: requestMs,
    maxRetriesPerRequest: 0,
    retryStrategy: null,
    sentinelRetryStrategy: () => null,
  })
  const causeOf = watchCauses(redis)
  try {
    await redis.connect()
    refuseUnservedSlots(redis)
    return await ask(redis)
  } catch (error) {
    throw explainRedis(causeOf(error), address)
  } finally {
    redis.disconnect()
  }
}

/** @throws when a part of the data of a Cluster could be neither read nor written */
export function refuseUnservedSlots(redis: RedisClient): void {
  const ranges = unservedSlots(redis)
  if (ranges.length > 0) throw new Error(`slots ${ranges.join(', ')} are not served`)
}

type Login = Pick<RedisOptions, 'username' | 'password' | 'tls'>

/** As it is now: secrets and certificates are read at each call. What is given beside the URL wins over what is in it. */
function loginOf({ url, username, password, tls }: RedisAddress): Login {
  const inUrl = URL.canParse(url) ? new URL(url) : undefined
  const user = username ?? decodeURIComponent(inUrl?.username ?? '')
  const secret = password ?? decodeURIComponent(inUrl?.password ?? '')
  return {
    ...(user === '' ? {} : { username: user }),
    ...(secret === '' ? {} : { password: readSecret(secret, 'the Redis password (redis.password)') }),
    ...(tls === undefined && inUrl?.protocol !== 'rediss:' ? {} : { tls: readTls(tls ?? {}, 'redis.tls') }),
  }
}

function createServerClient(address: RedisAddress, options: RedisOptions): Redis {
  const { retryStrategy = (attempt: number) => Math.min(50 * attempt, 2_000) } = options
  const redis: Redis = new Redis({
    ...placeOf(address),
    ...loginOf(address),
    ...options,
    retryStrategy:
      retryStrategy === null
        ? null
        : (attempt) => {
            renew(() => Object.assign(redis.options, loginOf(address)))
            return retryStrategy(attempt)
          },
  })
  return redis
}

function placeOf(address: RedisAddress): RedisOptions {
  const db = dbOf(address.url)
  if (address.sentinel === undefined) {
    if (address.isReplica && address.replica !== undefined) return { ...hostAndPort(address.replica), db }
    const { hostname, port } = new URL(address.url)
    return { host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? 6_379 : Number(port), db }
  }
  const { servers, name, username, password, tls } = address.sentinel
  return {
    sentinels: servers.map(hostAndPort),
    name,
    db,
    ...(address.isReplica ? { role: 'slave' as const } : {}),
    // The old primary may still hold the connection open.
    failoverDetector: true,
    ...(username === undefined ? {} : { sentinelUsername: username }),
    ...(password === undefined
      ? {}
      : { sentinelPassword: readSecret(password, 'the Sentinel password (redis.sentinel.password)') }),
    ...(tls === undefined
      ? {}
      : { sentinelTLS: readTls(tls, 'redis.sentinel.tls'), enableTLSForSentinelMode: true }),
  }
}

/** `redis://host:port/2`: the database. */
function dbOf(url: string): number {
  return URL.canParse(url) ? Number(/^\/(\d+)/.exec(new URL(url).pathname)?.[1] ?? 0) : 0
}

/** A secret that cannot be read just now, in the middle of its rotation, leaves the one there was. */
function renew(read: () => void): void {
  try {
    read()
  } catch {
    // the server says whether the old one still holds
  }
}

function createClusterClient(
  address: RedisAddress,
  servers: readonly string[],
  options: RedisOptions,
): Cluster {
  const { lazyConnect, enableOfflineQueue, retryStrategy, enableAutoPipelining, ...each } = options
  let login = loginOf(address)
  const current = () => {
    renew(() => (login = loginOf(address)))
    return login
  }
  return new Cluster(servers.map(hostAndPort), {
    ...(lazyConnect === undefined ? {} : { lazyConnect }),
    ...(enableOfflineQueue === undefined ? {} : { enableOfflineQueue }),
    ...(enableAutoPipelining === undefined ? {} : { enableAutoPipelining }),
    ...(retryStrategy === undefined ? {} : { clusterRetryStrategy: retryStrategy }),
    ...(address.isReplica ? { scaleReads: 'slave' as const } : {}),
    // Its own check waits for ever when a slot is not served; refuseUnservedSlots says so.
    enableReadyCheck: false,
    // Whoever asks decides whether to ask again: a write must not be sent twice behind its back.
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
    slotsRefreshTimeout: each.commandTimeout ?? 2_000,
    // Names stay names: they are what certificates hold.
    dnsLookup: (name, found) => found(null, name),
    redisOptions: Object.defineProperties(each, {
      username: { enumerable: true, get: () => current().username },
      password: { enumerable: true, get: () => login.password },
      tls: { enumerable: true, get: () => login.tls },
    }),
  })
}
