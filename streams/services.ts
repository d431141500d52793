import type { Checks, RunningService } from './stage.ts'

/** Several services of one process. */
export interface Services {
  /** Of all of them, by `<service>.<check>`. */
  checks(): Checks
  isStopping(): boolean
  /** Starts one after the other. Rejects when one dies, once all are stopped; resolves after stop. */
  run(): Promise<void>
  /** Also while they start. */
  stop(): Promise<void>
}

/** The first service that dies ends all of them. */
export function createServices(
  services: readonly (readonly [name: string, start: () => Promise<RunningService>])[],
): Services {
  const running = new Map<string, RunningService>()
  let started: Promise<void> = Promise.resolve()
  let stopping: Promise<void> | undefined

  async function startAll(): Promise<void> {
    for (const [name, start] of services) if (stopping === undefined) running.set(name, await start())
  }

  async function stopAll(): Promise<void> {
    await started.catch(() => undefined) // told by `run`
    await Promise.all([...running.values()].map((service) => service.stop()))
  }

  const stop = () => (stopping ??= stopAll())

  function checksOf(name: string): [string, Checks[string]][] {
    const service = running.get(name)
    if (service === undefined) return [[name, () => ({ status: 'waiting', reason: 'it is starting' })]]
    return Object.entries(service.checks).map(([check, ask]) => [`${name}.${check}`, ask])
  }

  return {
    checks: () => Object.fromEntries(services.flatMap(([name]) => checksOf(name))),
    isStopping: () => stopping !== undefined,
    stop,
    async run() {
      try {
        await (started = startAll())
        if (stopping === undefined) await Promise.race([...running.values()].map(({ done }) => done))
        else await stopping
      } catch (error) {
        await stop().catch(() => undefined) // why it died matters more
        throw error
      }
    },
  }
}
