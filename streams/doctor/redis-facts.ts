import type { RedisAddress } from '../contract.ts'
import { askRedisOnce, primariesOf, type RedisClient } from '../redis-client.ts'
import type { RedisFacts } from './judge-redis.ts'
import type { ClockFacts } from './judge-surroundings.ts'
import { type RefusedCommand, refusedCommands } from './redis-rights.ts'

const REQUEST_MS_MAX = 3_000

export interface RedisServerAnswers {
  /** host:port */
  server: string
  facts: RedisFacts | null
  clock: ClockFacts | null
}

export interface RedisAnswers {
  /** One, or every server of a Cluster that takes writes. */
  servers: RedisServerAnswers[]
  refused: RefusedCommand[]
}

/** @throws why it does not answer */
export async function askRedis(address: RedisAddress, prefix: string): Promise<RedisAnswers> {
  return askRedisOnce(address, REQUEST_MS_MAX, async (redis) => {
    await allowed(() => redis.ping())
    const servers: RedisServerAnswers[] = []
    for (const server of primariesOf(redis))
      servers.push({
        server: `${String(server.options.host)}:${String(server.options.port)}`,
        facts: await allowed(() => factsOf(server)),
        clock: await allowed(() => clockOf(server)),
      })
    return { servers, refused: await refusedCommands(redis, prefix) }
  })
}

/** null when the user may not ask. */
async function allowed<T>(ask: () => Promise<T>): Promise<T | null> {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof Error && /NOPERM|unknown command/i.test(error.message)) return null
    throw error
  }
}

async function factsOf(redis: RedisClient): Promise<RedisFacts> {
  const info = new Map(
    (await redis.info())
      .split('\r\n')
      .filter((line) => line.includes(':'))
      .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)] as const),
  )
  const setting = async (name: string) =>
    (await allowed(async () => ((await redis.config('GET', name)) as string[])[1] ?? null)) ?? null
  return {
    version: info.get('redis_version') ?? '0',
    role: info.get('role') ?? 'master',
    policy: info.get('maxmemory_policy') ?? null,
    usedBytes: Number(info.get('used_memory') ?? 0),
    maxBytes: Number(info.get('maxmemory') ?? 0),
    systemBytes: Number(info.get('total_system_memory') ?? 0),
    appendOnly: info.get('aof_enabled') === '1',
    appendFsync: await setting('appendfsync'),
    save: await setting('save'),
    lastWriteFailed:
      info.get('aof_last_write_status') === 'err' || info.get('rdb_last_bgsave_status') === 'err',
  }
}

async function clockOf(redis: RedisClient): Promise<ClockFacts> {
  const beforeMs = Date.now()
  const [seconds, micros] = (await redis.time()) as unknown as [string, string]
  const afterMs = Date.now()
  const thereMs = Number(seconds) * 1_000 + Number(micros) / 1_000
  return { aheadMs: thereMs - (beforeMs + afterMs) / 2, uncertainMs: (afterMs - beforeMs) / 2 }
}
