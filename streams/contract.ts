import type { Runtime } from './stage.ts'

/** Where the three services are. */
export interface Addresses {
  brokers: string[]
  registryUrl: string
  redisUrl: string
}

/** What `cli.ts` gives to every part's commands. */
export interface CommandContext<Config> {
  /** The validated feed configuration (feedloop.config.ts of the working directory, or the defaults). */
  loadConfig(): Promise<Config>
  /** Environment, then configuration, then the running local stack. Throws an operator error that says what to do. */
  addresses(): Promise<Addresses>
  /** Connects to all of it. `name` becomes the client id. */
  connect(name: string): Promise<Runtime & { close(): Promise<void> }>
  /** Runs until SIGINT/SIGTERM or until `done` settles, then calls stop. */
  untilStopped(running: { done: Promise<void>; stop(): Promise<void> }): Promise<void>
}
