import type { RedisAddress } from '../contract.ts'
import { createRedis } from '../redis-client.ts'
import { portProbe } from '../stack/process-ports.ts'
import { type OwnRedis, startOwnRedis } from './process-own-redis.ts'
import { until } from './until.ts'

const NAME = 'feed'
const DOWN_AFTER_MS = 500
const FAILOVER_MS = 2_000

export interface SentinelRedis {
  readonly address: RedisAddress
  readonly primary: OwnRedis
  readonly replica: OwnRedis
  close(): Promise<void>
}

/** One primary, one replica, and a Sentinel with a password of its own that makes the replica primary when it must. */
export async function startSentinelRedis(sentinelPassword: string): Promise<SentinelRedis> {
  const started: OwnRedis[] = []
  const start = async (options: Parameters<typeof startOwnRedis>[0]): Promise<OwnRedis> => {
    const own = await startOwnRedis(options)
    started.push(own)
    return own
  }
  const close = async (): Promise<void> => void (await Promise.all(started.map((own) => own.close())))
  try {
    const primary = await start({ settings: { 'repl-diskless-sync-delay': 0 } })
    const replica = await start({ settings: { replicaof: `127.0.0.1 ${String(primary.port)}` } })
    const port = await portProbe.anyFree()
    const conf = `port ${String(port)}
bind 127.0.0.1
requirepass ${sentinelPassword}
sentinel monitor ${NAME} 127.0.0.1 ${String(primary.port)} 1
sentinel down-after-milliseconds ${NAME} ${String(DOWN_AFTER_MS)}
sentinel failover-timeout ${NAME} ${String(FAILOVER_MS)}
`
    const sentinel = await start({ port, sentinel: conf, access: { password: sentinelPassword } })
    await untilReplicaIsKnown(sentinel)
    const servers = [`127.0.0.1:${String(port)}`]
    const address = { url: primary.url, sentinel: { servers, name: NAME, password: sentinelPassword } }
    return { address, primary, replica, close }
  } catch (error) {
    await close()
    throw error
  }
}

async function untilReplicaIsKnown(sentinel: OwnRedis): Promise<void> {
  const client = createRedis(sentinel.address, { enableReadyCheck: false })
  client.on('error', () => undefined) // the command fails with it
  try {
    await until(
      'the Sentinel to know the replica',
      async () => {
        const replicas = (await client.call('SENTINEL', 'REPLICAS', NAME)) as string[][]
        return replicas.some((fields) => fields[fields.indexOf('master-link-status') + 1] === 'ok')
      },
      20,
    )
  } finally {
    client.disconnect()
  }
}
