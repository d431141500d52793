import { brokersCheck, type Check, joinedCheck, type RunningService, type Runtime } from '#streams'
import { type FeatureStoreOptions, type RunningFeatureStore, startFeatureStore } from './feature-store.ts'
import { type AwaitedStore, PROBE_TAG } from './redis-awaited.ts'

/** The features service on a store that may be away when it starts: it begins once the store is there. */
export function startWhenStoreOpens(
  runtime: Runtime,
  options: FeatureStoreOptions & { store: AwaitedStore },
): RunningService {
  const { store } = options
  let isStopped = false
  let running: RunningFeatureStore | undefined

  async function start(): Promise<RunningFeatureStore | undefined> {
    await store.opened
    if (isStopped) return undefined
    running = await startFeatureStore(runtime, options)
    if (isStopped) await running.stop()
    return running
  }

  async function checkStore(): Promise<Check> {
    const outage = running?.outage() ?? null
    if (outage !== null) throw outage
    await store.fences([PROBE_TAG])
    return { status: 'ok' }
  }

  const starting = start()
  const ready = starting.then((started) => started?.ready)
  const done = starting.then((started) => started?.done)
  ready.catch(() => undefined) // told by `done`, too
  done.catch(() => undefined) // whoever waits for it sees it
  return {
    ready,
    done,
    async stop() {
      isStopped = true
      await running?.stop()
      await store.close()
      await starting.catch(() => undefined) // told by `done`
    },
    checks: {
      store: checkStore,
      brokers: brokersCheck(runtime, 'interactions'),
      stages: joinedCheck(ready),
    },
  }
}
