import type { Addresses } from '#streams'
import type { OwnBrokers, OwnBrokersOptions, OwnRedis, OwnRedisOptions } from '#streams/testing'
import type { FeedServices, ServiceAccess } from '../testing/feed-services.ts'

/** plain: asks nobody who they are. secure: TLS, a login and the least rights for each. cluster: three Redis primaries. */
export const STACK_KINDS = ['plain', 'secure', 'cluster'] as const
export type StackKind = (typeof STACK_KINDS)[number]

/** A Redis to harm: several servers share the keys of a Cluster. */
export interface LabRedis extends ServiceAccess<Addresses['redis']> {
  readonly servers: readonly OwnRedis[]
  close(): Promise<void>
}

/** A Kafka to harm. */
export interface LabKafka extends ServiceAccess<Addresses['kafka']> {
  readonly own: OwnBrokers
  close(): Promise<void>
}

/** Where scenarios run: the services that they share, and where their own come from, of the same kind. */
export interface LabStack {
  readonly services: FeedServices
  openRedis(options?: OwnRedisOptions): Promise<LabRedis>
  openKafka(options?: OwnBrokersOptions): Promise<LabKafka>
  /** Ends what was started for all scenarios. */
  close(): Promise<void>
}
