import { LOCAL_HOST } from './stack-services.ts'

export interface BrokerPorts {
  broker: number
  controller: number
}

/** What differs from a broker that is alone on the loopback address. */
export interface BrokerPlace {
  nodeId: number
  /** Address it listens on. */
  host: string
  /** `host:port` of every node's controller, by node id; all of them vote. */
  controllers: Readonly<Record<number, string>>
  /** A second listener. Clients that connect to it are told to come back to its advertised address. */
  detour: { host: string; port: number; advertised: string } | null
  /** Win over everything else. */
  settings: Readonly<Record<string, string | number | boolean>>
}

/** Feeds write up to 12 MiB and dead letters carry up to 16 MiB: the broker takes what the topics allow. */
export const MESSAGE_BYTES_MAX = 16_777_216
/**
 * A closed segment goes to the disk at once. Of a segment that is still appended to, the system writes back pages that are
 * half a minute old, and on ext4 appends wait meanwhile. At the rates this stack carries, 32 MiB are full before that.
 */
export const SEGMENT_BYTES = 33_554_432
const REPLICAS_MAX = 3

/**
 * server.properties of one Kafka process that is broker and controller, run in its own folder (`data` beside it).
 * With one node every internal topic has one replica; with several nodes one may be missing. Topics are made by
 * `topics apply` alone, so that a misspelt name makes none.
 *
 * @see https://kafka.apache.org/41/configuration/broker-configs/
 */
export function brokerProperties(ports: BrokerPorts, place: Partial<BrokerPlace> = {}): string {
  const { nodeId = 1, host = LOCAL_HOST, detour = null } = place
  const controllers = place.controllers ?? { [nodeId]: `${host}:${ports.controller}` }
  const replicas = Math.min(REPLICAS_MAX, Object.keys(controllers).length)
  const inSyncMin = Math.max(1, replicas - 1)
  const straight = `PLAINTEXT://${host}:${ports.broker}`
  const settings: Record<string, string | number | boolean> = {
    'process.roles': 'broker,controller',
    'node.id': nodeId,
    'controller.quorum.voters': Object.entries(controllers)
      .map(([id, address]) => `${id}@${address}`)
      .join(','),
    listeners: [
      straight,
      `CONTROLLER://${host}:${ports.controller}`,
      ...(detour === null ? [] : [`DETOUR://${detour.host}:${detour.port}`]),
    ].join(','),
    'advertised.listeners': [straight, ...(detour === null ? [] : [`DETOUR://${detour.advertised}`])].join(
      ',',
    ),
    'listener.security.protocol.map': `PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT${detour === null ? '' : ',DETOUR:PLAINTEXT'}`,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'log.dirs': 'data',
    'num.partitions': 4,
    'num.network.threads': 2,
    'num.io.threads': 2,
    'offsets.topic.replication.factor': replicas,
    'offsets.topic.num.partitions': 4,
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': inSyncMin,
    'transaction.state.log.num.partitions': 4,
    'share.coordinator.state.topic.replication.factor': replicas,
    'share.coordinator.state.topic.min.isr': inSyncMin,
    'group.initial.rebalance.delay.ms': 0,
    'group.min.session.timeout.ms': 1_000,
    'auto.create.topics.enable': false,
    // The registry's journal is a topic it makes itself, without retention settings: after the usual 7 days the
    // schemas would be gone while records that need them are kept. Topics of the catalogue state their own.
    'log.retention.ms': -1,
    'message.max.bytes': MESSAGE_BYTES_MAX,
    'replica.fetch.max.bytes': MESSAGE_BYTES_MAX,
    'log.segment.bytes': SEGMENT_BYTES,
    'log.segment.delete.delay.ms': 1_000,
    ...(replicas === 1 ? {} : { 'min.insync.replicas': inSyncMin }),
    ...place.settings,
  }
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')
}

/** The cluster id that a formatted data folder carries in its meta.properties; undefined when there is none. */
export function clusterIdOf(metaProperties: string): string | undefined {
  return /^cluster\.id=(\S+)$/m.exec(metaProperties)?.[1]
}

/** 16 bytes as Kafka writes ids: base64url, 22 characters. It may not begin with a dash (a command line option). */
export function clusterIdFrom(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url').replace(/^-/, '_')
}
