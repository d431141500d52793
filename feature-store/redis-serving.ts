import type { RedisClient } from '#streams'
import { storeKeys, type StoreKeys } from './redis-read.ts'
import { parseServing } from './serving.ts'

export interface ServedKeys {
  /** Of the namespace that is served; what one call needs is taken once, so that it is of one namespace. */
  current(): StoreKeys
  /** Calls back once, when another namespace is served. Answers how to stop. */
  onSwitch(switched: () => void): () => void
  stop(): void
}

/** Always the same namespace. */
export function fixedKeys(namespace: string): ServedKeys {
  const keys = storeKeys(namespace)
  return { current: () => keys, onSwitch: () => () => undefined, stop: () => undefined }
}

/**
 * The namespace that a pointer names, looked at again and again. While Redis does not answer, the last one known holds.
 *
 * @param namespace where the states are as long as there is no pointer
 */
export async function followServing(
  redis: RedisClient,
  { pointerKey, namespace, everyMs }: { pointerKey: string; namespace: string; everyMs: number },
): Promise<ServedKeys> {
  const ask = async () => parseServing(await redis.get(pointerKey))?.namespace ?? namespace
  let served = await ask()
  let keys = storeKeys(served)
  const listeners = new Set<() => void>()
  const timer = setInterval(() => {
    ask().then(moveTo, () => undefined) // who reads or writes will say so
  }, everyMs)
  timer.unref()

  function moveTo(now: string): void {
    if (now === served) return
    served = now
    keys = storeKeys(now)
    for (const told of [...listeners]) told()
  }

  return {
    current: () => keys,
    onSwitch(switched) {
      const once = () => {
        listeners.delete(once)
        switched()
      }
      listeners.add(once)
      return () => void listeners.delete(once)
    },
    stop: () => clearInterval(timer),
  }
}
