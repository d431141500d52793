import type { DeadLetter } from '#schemas'
import { REQUEUED, sourceOf } from './requeue-plan.ts'
import { ONE_LINE_FIX } from './steps/right-partition.ts'

/** A letter may quote what it was made of. */
const DETAIL_CHARS = 200

/** The dead letters of one reason. */
export interface LettersOfReason {
  reason: string
  count: number
  /** Where the records came from. */
  topics: string[]
  newestAtMs: number
  /** What the newest one says. */
  detail: string
}

/**
 * Counts by reason, most first. Letters of records that were written back are left out.
 *
 * @param fromMs older ones are left out
 */
export function lettersByReason(letters: readonly DeadLetter[], fromMs = 0): LettersOfReason[] {
  const writtenBack = new Set(letters.filter(({ reason }) => reason === REQUEUED).map(sourceOf))
  const byReason = new Map<string, LettersOfReason>()
  for (const letter of letters) {
    const { reason, topic, detail, diedAtMs } = letter
    if (reason === REQUEUED || diedAtMs < fromMs || writtenBack.has(sourceOf(letter))) continue
    const known = byReason.get(reason)
    if (known === undefined) {
      byReason.set(reason, { reason, count: 1, topics: [topic], newestAtMs: diedAtMs, detail })
      continue
    }
    known.count += 1
    if (!known.topics.includes(topic)) known.topics.push(topic)
    if (diedAtMs >= known.newestAtMs) Object.assign(known, { newestAtMs: diedAtMs, detail })
  }
  return [...byReason.values()].sort((a, b) => b.count - a.count || a.reason.localeCompare(b.reason))
}

/** @example '7 far_future of feed.interactions.v1 (the newest: ...), 3 unknown_type of ...' */
export const lettersText = (reasons: readonly LettersOfReason[]): string =>
  reasons
    .map(
      ({ reason, count, topics, detail }) =>
        `${String(count)} ${reason} of ${topics.join(', ')} (the newest: ${detail.slice(0, DETAIL_CHARS)})`,
    )
    .join('; ')

/** What to do about letters of a reason, in one sentence. */
export function letterAdvice(reason: string): string {
  const requeue = `\`npx feedloop dead-letters requeue --reason ${reason}\``
  return reason === 'wrong_partition' || reason === 'wrong_key'
    ? `Mend the producer (${ONE_LINE_FIX}); then ${requeue} brings them where they belong.`
    : `See \`npx feedloop dead-letters list --reason ${reason}\`; once the cause is mended, ${requeue} writes them back.`
}
