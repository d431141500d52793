import type { RedisAddress } from '../contract.ts'
import { portProbe } from '../stack/process-ports.ts'
import { createRedis } from '../redis-client.ts'
import { type OwnRedis, startOwnRedis } from './process-own-redis.ts'
import { until } from './until.ts'

const SLOTS = 16_384
/** A server's own port for the talk with the others. */
const BUS_PORT_OFFSET = 10_000
/** Redis' own default: on a loaded machine a server is mute for seconds, and one that thinks it is alone refuses all. */
const NODE_TIMEOUT_MS = 15_000

export interface RedisCluster {
  readonly address: RedisAddress
  /** In the order of their slots. */
  readonly servers: readonly OwnRedis[]
  close(): Promise<void>
}

export interface RedisClusterOptions {
  /** Slots that nobody serves, from the last on. */
  unservedSlots?: number
  settings?: Readonly<Record<string, string | number>>
}

/** Three primaries, each with a third of the slots, brought together by the commands of Redis alone. */
export async function startRedisCluster(options: RedisClusterOptions = {}): Promise<RedisCluster> {
  const servers: OwnRedis[] = []
  const close = async (): Promise<void> => void (await Promise.all(servers.map((server) => server.close())))
  try {
    for (let n = 0; n < 3; n++)
      servers.push(
        await startOwnRedis({
          port: await portWithBus(),
          settings: {
            'cluster-enabled': 'yes',
            'cluster-config-file': 'nodes.conf',
            'cluster-node-timeout': NODE_TIMEOUT_MS,
            'cluster-require-full-coverage': 'no',
            databases: 1,
            ...options.settings,
          },
        }),
      )
    await bringTogether(servers, SLOTS - (options.unservedSlots ?? 0))
  } catch (error) {
    await close()
    throw error
  }
  const cluster = servers.map(({ port }) => `127.0.0.1:${String(port)}`)
  return { address: { url: servers[0]!.url, cluster }, servers, close }
}

async function portWithBus(): Promise<number> {
  for (;;) {
    const port = await portProbe.anyFree()
    if (await portProbe.isFree(port + BUS_PORT_OFFSET)) return port
  }
}

/** CLUSTER ADDSLOTS and not ADDSLOTSRANGE: Redis 6.2 knows only the first. */
async function bringTogether(servers: readonly OwnRedis[], served: number): Promise<void> {
  const clients = servers.map(({ url }) => createRedis({ url }))
  for (const client of clients) client.on('error', () => undefined) // the commands fail with it
  try {
    const share = Math.ceil(served / servers.length)
    for (const [n, client] of clients.entries()) {
      const first = n * share
      const slots = Array.from({ length: Math.min(share, served - first) }, (_, at) => first + at)
      await client.cluster('ADDSLOTS', ...slots)
      await client.cluster('SET-CONFIG-EPOCH', n + 1)
    }
    for (const { port } of servers.slice(1)) await clients[0]!.cluster('MEET', '127.0.0.1', port)
    await until(
      'the cluster to be formed',
      async () => {
        const told = await Promise.all(clients.map((client) => client.cluster('INFO') as Promise<string>))
        const assigned = new RegExp(`cluster_slots_ok:${String(served)}\\b`)
        return told.every((info) => /cluster_state:ok/.test(info) && assigned.test(info))
      },
      20,
    )
  } finally {
    for (const client of clients) client.disconnect()
  }
}
