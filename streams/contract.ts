import type { RegistryAddress } from '#schemas'
import type { KafkaSecurity } from './kafka-security.ts'
import type { RedisAccess } from './redis-access.ts'
import type { ConnectedRuntime } from './stage.ts'

/** Where Kafka is, as its clients are told: everything that `kafkaSettingsOf` makes settings of. */
export interface KafkaAddress extends KafkaSecurity {
  /** host:port */
  brokers: string[]
}

/** Where Redis is, as its clients are told. */
export interface RedisAddress extends RedisAccess {
  /** redis://[user:password@]host:port[/database], or rediss://; with `cluster` or `sentinel` only the login in it counts. */
  url: string
  /** For who only reads, when `readFrom` says so. */
  isReplica?: true
}

/** Where the three services are; stack/addresses.ts makes them of what was given. */
export interface Addresses {
  kafka: KafkaAddress
  registry: RegistryAddress
  redis: RedisAddress
}

/** What `cli.ts` gives to every part's commands. */
export interface CommandContext<Config> {
  /**
   * The validated feed configuration: `--config`, feedloop.config.ts of the working directory, or the defaults.
   * @param path another feed file, for who compares
   */
  loadConfig(path?: string): Promise<Config>
  /**
   * Environment, then configuration, then the running local stack. Throws an operator error that says what to do when one
   * of the services that are asked for is not known.
   */
  addresses<Wanted extends keyof Addresses>(wanted: readonly Wanted[]): Promise<Pick<Addresses, Wanted>>
  /** Connects to Kafka and the registry. `name` becomes the client id. */
  connect(name: string): Promise<ConnectedRuntime>
  /** Runs until SIGINT/SIGTERM or until `done` settles, then calls stop. */
  untilStopped(running: { done: Promise<void>; stop(): Promise<void> }): Promise<void>
}
