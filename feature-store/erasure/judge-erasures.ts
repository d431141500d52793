import type { Erasure } from '#schemas'
import { type Finding, ok, warning } from '#streams'

/** How far the fold of a partition of interactions or of their copies is; null: nobody folds it. */
export type FoldedUpTo = (topic: string, partition: number) => number | null

const DAY_MS = 86_400_000

/**
 * Erasures that the features service has not come to yet: until then states are there. They are named by their erasures' ids,
 * not by who asked to be forgotten.
 */
export function judgeErasures(
  erasures: Iterable<Erasure>,
  marked: ReadonlySet<string>,
  foldedUpTo: FoldedUpTo,
  nowMs: number,
): Finding {
  const check = 'erasures'
  const all = [...erasures]
  const underWay = all.filter(({ upTo }) =>
    upTo.some(
      ({ topic, partition, offset }) => marked.has(topic) && (foldedUpTo(topic, partition) ?? 0) < offset,
    ),
  )
  const recent = all.filter(({ askedAtMs }) => askedAtMs >= nowMs - DAY_MS).length
  if (underWay.length === 0)
    return ok(check, `${String(all.length)} kept, ${String(recent)} of the last day; none is under way`)
  const oldest = Math.min(...underWay.map(({ askedAtMs }) => askedAtMs))
  const ids = underWay.slice(0, 3).map(({ erasureId }) => erasureId)
  return warning(
    check,
    `${String(underWay.length)} under way, the oldest asked ${new Date(oldest).toISOString()} (${ids.join(', ')}${underWay.length > ids.length ? ', ...' : ''})`,
    'See that `feedloop run features` runs and catches up: states of whom they forget are removed when it comes to their tombstones.',
  )
}
