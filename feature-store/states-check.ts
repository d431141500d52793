import type { Check } from '#streams'
import { isReady } from './fence.ts'
import type { StateStore } from './state-store.ts'

/**
 * Whether vectors can be read: the store answers, and somebody has read every partition as far as it went.
 *
 * @throws StoreUnavailableError when the store does not answer
 */
export async function checkStates(
  store: Pick<StateStore, 'fences'>,
  tags: readonly string[],
): Promise<Check> {
  const fences = await store.fences(tags)
  const unread = fences.filter((fence) => fence === null).length
  const building = fences.filter((fence) => fence !== null && !isReady(fence)).length
  if (unread + building === 0) return { status: 'ok' }
  const many = `${String(unread + building)} of ${String(fences.length)} partitions of features`
  const reason =
    unread > 0
      ? `${many} are not there, ${String(unread)} of them were never read: does \`feedloop run features\` run with this configuration? Until then requests are answered by the fallback (store_not_ready)`
      : `${many} are being built from the log; until then requests are answered by the fallback (store_not_ready)`
  return { status: 'waiting', reason }
}
