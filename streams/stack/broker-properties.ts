import { LOCAL_HOST } from './stack-services.ts'

export interface BrokerPorts {
  broker: number
  controller: number
}

/** Feeds write up to 12 MiB and dead letters carry up to 16 MiB: the broker takes what the topics allow. */
export const MESSAGE_BYTES_MAX = 16_777_216

/**
 * server.properties of one Kafka process that is broker and controller, run in its own folder (`data` beside it).
 * One node: every internal topic has one replica. Topics are made by `topics apply`, never by a typing error.
 *
 * @see https://kafka.apache.org/41/configuration/broker-configs/
 */
export function brokerProperties(ports: BrokerPorts): string {
  const settings: Record<string, string | number | boolean> = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@${LOCAL_HOST}:${ports.controller}`,
    listeners: `PLAINTEXT://${LOCAL_HOST}:${ports.broker},CONTROLLER://${LOCAL_HOST}:${ports.controller}`,
    'advertised.listeners': `PLAINTEXT://${LOCAL_HOST}:${ports.broker}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'log.dirs': 'data',
    'num.partitions': 4,
    'num.network.threads': 2,
    'num.io.threads': 2,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 4,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 4,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    'group.initial.rebalance.delay.ms': 0,
    'group.min.session.timeout.ms': 1_000,
    'auto.create.topics.enable': false,
    // The registry's journal is a topic it makes itself, without retention settings: after the usual 7 days the
    // schemas would be gone while records that need them are kept. Topics of the catalogue state their own.
    'log.retention.ms': -1,
    'message.max.bytes': MESSAGE_BYTES_MAX,
    'replica.fetch.max.bytes': MESSAGE_BYTES_MAX,
    'log.segment.delete.delay.ms': 1_000,
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
