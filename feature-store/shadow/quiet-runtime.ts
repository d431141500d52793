import type { ConnectedRuntime } from '#streams'

/** A person looks at a bar: what a service tells in its log is in the way there. */
export function quietRuntime(runtime: ConnectedRuntime): ConnectedRuntime {
  const { log } = runtime
  return {
    ...runtime,
    log: {
      debug: (fields, event) => log.debug(fields, event),
      info: (fields, event) => log.debug(fields, event),
      warn: (fields, event) => log.warn(fields, event),
      error: (fields, event) => log.error(fields, event),
    },
  }
}
