import type { RedisAddress } from '#streams'
import { formatServing, parseServing, type Serving, servingKey } from '../serving.ts'
import { OWNED_NOW_MS, type OwnedSet, ownedSetsSchema } from './owned-set.ts'
import { connectJobs, type Jobs, jobsOf, textsOf } from './redis-jobs.ts'
import { removeStates, type RemovalOptions } from './redis-remove.ts'
import { type ReplayJob, replayJobSchema } from './replay-job.ts'

/** The replays of a feed and what they decide, in Redis beside its states. */
export interface Replays extends Jobs<ReplayJob> {
  serving(statesId: string): Promise<Serving | null>
  changeServing(statesId: string, change: (serving: Serving | null) => Serving | null): Promise<void>
  /** Which sets the features services keep. */
  ownedSets(): Promise<OwnedSet[]>
  tellOwned(set: OwnedSet): Promise<void>
  /** Nobody keeps this set any more. */
  forgetOwned(featureSetId: string): Promise<void>
  /** Removes all keys of a pattern, a slice at a time. Answers how many. */
  remove(glob: string, options?: RemovalOptions): Promise<number>
  close(): Promise<void>
}

/** Sets that no service has kept for so long are forgotten. */
const OWNED_FORGOTTEN_MS = 7 * 24 * 3_600_000

/** @throws StoreUnreachableError and what else `openRedisStore` throws */
export async function openReplays(
  where: RedisAddress,
  prefix: string,
  commandTimeoutMs = 2_000,
): Promise<Replays> {
  const connection = await connectJobs(where, commandTimeoutMs)
  const { redis, ask } = connection
  const { read, change } = textsOf(redis, ask)
  const keys = { jobs: `${prefix}:@replays`, run: (name: string) => `${prefix}:@replay-run:${name}` }
  const ownedKey = `${prefix}:@owned`

  return {
    ...jobsOf(connection, keys, replayJobSchema),
    serving: async (statesId) => parseServing(await read(servingKey(prefix, statesId))),
    changeServing: (statesId, changed) =>
      change(servingKey(prefix, statesId), (text) => {
        const serving = changed(parseServing(text))
        return serving === null ? '' : formatServing(serving)
      }),
    ownedSets: async () => parseOwned(await read(ownedKey)),
    tellOwned: (set) =>
      change(ownedKey, (text) => {
        const others = parseOwned(text).filter(
          ({ featureSetId, atMs }) =>
            featureSetId !== set.featureSetId && set.atMs - atMs < OWNED_FORGOTTEN_MS,
        )
        return JSON.stringify([...others, set])
      }),
    forgetOwned: (gone) =>
      change(ownedKey, (text) => {
        const others = parseOwned(text).filter(({ featureSetId }) => featureSetId !== gone)
        return others.length === 0 ? '' : JSON.stringify(others)
      }),
    remove: (glob, options) => ask('remove states', () => removeStates(redis, glob, options)),
    async close() {
      redis.disconnect()
    },
  }
}

const parseOwned = (text: string | null): OwnedSet[] =>
  text === null ? [] : ownedSetsSchema.parse(JSON.parse(text))

/**
 * Whether a features service keeps the states of a replay. One that was switched elsewhere says so a few seconds later: that is
 * waited for.
 *
 * @param servedIn the namespace that readers look in now
 */
export async function staysOwned(
  { ownedSets }: Pick<Replays, 'ownedSets'>,
  { statesId, namespace }: Pick<ReplayJob, 'statesId' | 'namespace'>,
  servedIn: string,
): Promise<boolean> {
  const isOwned = async () =>
    (await ownedSets()).some(
      (set) =>
        set.statesId === statesId && set.namespace === namespace && Date.now() - set.atMs <= OWNED_NOW_MS,
    )
  const endMs = Date.now() + (servedIn === namespace ? 0 : OWNED_NOW_MS)
  while (await isOwned()) {
    if (Date.now() >= endMs) return true
    await new Promise((wake) => setTimeout(wake, 250))
  }
  return false
}
