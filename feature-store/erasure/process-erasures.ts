import { setTimeout as sleep } from 'node:timers/promises'
import type { Erasure } from '#schemas'
import { type Erasures, followErasures, type RedisAddress, type Runtime } from '#streams'
import { LOG_EVENTS } from '../signals.ts'
import type { Tombstoned } from '../stages/attributes-stage.ts'
import { settleErasure } from './mark-erased.ts'
import { eraseKeys } from './redis-erase.ts'
import { eraseOnTombstone } from './tombstones.ts'

export interface RunningErasures {
  erasures: Erasures
  tombstoned: Tombstoned
  /** Rejects when what was erased cannot be followed any more. */
  done: Promise<void>
  stop(): Promise<void>
}

/** So long after an erasure every process has heard of it. */
const SETTLE_MS = 3_000
/** A process that was killed may have left keys of erasures that are not older. */
const LOOKED_BACK_MS = 24 * 3_600_000

/**
 * What a features service does about erasures: acts on tombstones of users and items, and looks through Redis for states of
 * erased ones that no fold will remove (namespaces that were served before, layouts nobody uses any more).
 */
export async function startErasures({
  runtime,
  redis,
  prefix,
}: {
  runtime: Runtime
  redis: RedisAddress
  prefix: string
}): Promise<RunningErasures> {
  const stopping = new AbortController()
  const outputs = await runtime.outputs('features-erasures')
  let swept: Promise<void> = Promise.resolve()
  let waiting: Erasure[] = []
  const own = new Set<string>()
  const startedAtMs = runtime.clock.nowMs()

  async function sweep(): Promise<void> {
    await sleep(SETTLE_MS, undefined, { signal: stopping.signal })
    const erasures = waiting
    waiting = []
    for (const erasure of erasures)
      if (own.delete(erasure.erasureId)) await settleErasure(runtime, outputs, erasure)
    for (const { removed, ...at } of await eraseKeys(redis, erasures, { prefix }))
      if (removed > 0) runtime.log.info({ ...at, removed }, LOG_EVENTS.erasedKeys)
  }

  function noteLater(erasure: Erasure): void {
    if (erasure.askedAtMs < startedAtMs - LOOKED_BACK_MS) return
    waiting.push(erasure)
    if (waiting.length > 1) return
    swept = swept.then(sweep).catch((error: unknown) => {
      if (!stopping.signal.aborted) runtime.log.warn({ error }, LOG_EVENTS.erasureSweepFailed)
    })
  }

  const followed = await followErasures(runtime, { name: 'features-erasures', told: noteLater })
  followed.done.catch(() => undefined) // told by `done`
  await followed.ready
  return {
    erasures: followed.book,
    tombstoned: eraseOnTombstone({
      runtime,
      outputs,
      followed,
      erased({ erasureId, entity }) {
        own.add(erasureId)
        runtime.log.info({ erasureId, entity }, LOG_EVENTS.erasedByTombstone)
      },
    }),
    done: followed.done,
    async stop() {
      stopping.abort()
      await followed.stop()
      await swept
      await outputs.close()
    },
  }
}
