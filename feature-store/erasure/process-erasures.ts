import { setTimeout as sleep } from 'node:timers/promises'
import { type Erasure, topicCatalogue } from '#schemas'
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
const ATTRIBUTES_EVERY_MS = 6 * 3_600_000

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
  const { interactions } = topicCatalogue({ prefix, partitions: 1, replicationFactor: 1 })
  /** So long a rebuild may still look up the first attributes of an erased item. */
  const interactionsKeptMs = Number(interactions.config['retention.ms'])
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

  /** Items whose first attributes nobody needs any more. */
  async function sweepAttributes(): Promise<void> {
    const attributesBeforeMs = runtime.clock.nowMs() - interactionsKeptMs
    const isDue = ({ entity, askedAtMs }: Erasure) => entity === 'item' && askedAtMs < attributesBeforeMs
    const due = [...followed.book.all()].filter(isDue)
    if (due.length > 0) await eraseKeys(redis, due, { prefix, attributesBeforeMs })
  }

  const followed = await followErasures(runtime, { name: 'features-erasures', told: noteLater })
  followed.done.catch(() => undefined) // told by `done`
  await followed.ready
  const timer = setInterval(() => {
    swept = swept.then(sweepAttributes).catch((error: unknown) => {
      runtime.log.warn({ error }, LOG_EVENTS.erasureSweepFailed)
    })
  }, ATTRIBUTES_EVERY_MS)
  timer.unref()
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
      clearInterval(timer)
      await followed.stop()
      await swept
      await outputs.close()
    },
  }
}
