import { setTimeout as sleep } from 'node:timers/promises'
import { primariesOf, type RedisClient } from '#streams'

export interface RemovalOptions {
  /** Keys looked at in one slice. */
  sliceKeysMax?: number
  /** Between slices: Redis does other things meanwhile. */
  pauseMs?: number
  removed?(keys: number): void
}

/**
 * Removes every key of a pattern with SCAN and UNLINK, slice by slice: Redis is never held up for longer than one slice, and
 * frees the memory in the background. Answers how many keys there were.
 */
export async function removeStates(
  redis: RedisClient,
  glob: string,
  { sliceKeysMax = 1_000, pauseMs = 2, removed = () => undefined }: RemovalOptions = {},
): Promise<number> {
  let count = 0
  for (const server of primariesOf(redis)) {
    let cursor = '0'
    do {
      const [next, keys] = await server.scan(cursor, 'MATCH', glob, 'COUNT', sliceKeysMax)
      cursor = next
      // One command per hash tag: on a Cluster all keys of a command must be of one slot.
      for (const some of byTag(keys)) count += await server.unlink(some)
      if (keys.length > 0) {
        removed(count)
        await sleep(pauseMs)
      }
    } while (cursor !== '0')
  }
  return count
}

function byTag(keys: readonly string[]): Iterable<string[]> {
  const groups = new Map<string, string[]>()
  for (const key of keys) {
    const tag = /\{[^}]+\}/.exec(key)?.[0] ?? key
    const group = groups.get(tag)
    if (group === undefined) groups.set(tag, [key])
    else group.push(key)
  }
  return groups.values()
}
