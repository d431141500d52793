import type { Logger, Signals } from '#streams'
import type { LeasedModel, ModelLease } from './model-lease.ts'
import { LOG_EVENTS } from './signals.ts'

/** The one model that answers, or none. */
export interface LiveModel {
  current(): LeasedModel | undefined
  lease(): ModelLease | undefined
  /** Takes the live model's place between two predictions; resolves when the old one is closed, after its last. */
  swapTo(next: LeasedModel | undefined, reason: string): Promise<void>
  close(): Promise<void>
}

export function createLiveModel({ log, signals }: { log: Logger; signals: Signals }): LiveModel {
  let live: LeasedModel | undefined

  return {
    current: () => live,
    lease: () => live?.lease(),
    async swapTo(next, reason) {
      const old = live
      live = next
      signals.gauge('model_live', next === undefined ? 0 : 1)
      if (next !== undefined) signals.count('models_swapped')
      const { modelId = null, calibrationId = null } = next?.session.manifest ?? {}
      const replaced = old?.session.manifest.modelId ?? null
      log.info({ modelId, calibrationId, replaced, reason }, LOG_EVENTS.modelSwapped)
      await old?.retire()
    },
    async close() {
      await live?.retire()
      live = undefined
    },
  }
}
