import { setTimeout as sleep } from 'node:timers/promises'
import { brokersCheck, type CommandContext, joinedCheck, openAll, type RunningService } from '#streams'
import { awaitFeedStore, type FeatureCommandsConfig } from '../commands.ts'
import { StoreUnavailableError } from '../errors.ts'
import { compileFeatureSet } from '../feature-set.ts'
import { LOG_EVENTS } from '../signals.ts'
import { type RunningSkew, startSkew } from './start-skew.ts'

const TICK_MS = 500

/** The service `run skew`, connected. The caller waits for `done` and calls `stop`. */
export function runSkew(context: CommandContext<FeatureCommandsConfig>): Promise<RunningService> {
  return openAll(async (closers) => {
    const config = await context.loadConfig()
    const { redis } = await context.addresses(['redis'])
    const runtime = await context.connect('skew')
    closers.add(() => runtime.close())
    const { log } = runtime
    const store = awaitFeedStore(redis, config, { role: 'reader', log })
    closers.add(() => store.close())
    const { futureSkewSecondsMax, farFutureSecondsMax, earliestEventMs } = config.limits
    const stopping = new AbortController()
    let running: RunningSkew | undefined

    async function watch(): Promise<void> {
      await store.opened
      if (stopping.signal.aborted) return
      running = await startSkew(runtime, {
        ...{ featureSet: compileFeatureSet(config.features), store, config: config.features.skew },
        ...{ futureSkewSecondsMax, farFutureSecondsMax, earliestEventMs },
      })
      await Promise.race([running.done, tickOn(running)])
    }

    async function tickOn(skew: RunningSkew): Promise<void> {
      while (!stopping.signal.aborted) {
        await sleep(TICK_MS, undefined, { signal: stopping.signal }).catch(() => undefined) // the loop looks
        // A store that is away for a while is no reason to stop looking.
        await skew.tick().catch((error: unknown) => {
          if (!(error instanceof StoreUnavailableError)) throw error
          log.warn({ error }, LOG_EVENTS.skewWaits)
        })
      }
    }

    const done = watch()
    done.catch(() => undefined) // whoever waits for it sees it
    const ready = store.opened
    return {
      ready,
      done,
      checks: {
        brokers: brokersCheck(runtime, 'predictions'),
        store: joinedCheck(ready),
      },
      async stop() {
        stopping.abort()
        await running?.stop()
        await store.close()
        await done.catch(() => undefined) // told by `done`
        await closers.closeAll()
      },
    }
  })
}
