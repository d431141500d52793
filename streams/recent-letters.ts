import type { DeadLetter } from '#schemas'
import { REQUEUED, sourceOf } from './requeue-plan.ts'
import { ONE_LINE_FIX } from './steps/right-partition.ts'

/** A letter may quote what it was made of. */
const DETAIL_CHARS = 200

/** The records that were given up for one reason. */
export interface LettersOfReason {
  reason: string
  /** Records: several stages that give up the same one write a letter each. */
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
  const counted = new Set<string>()
  for (const letter of letters) {
    const { reason, topic, detail, diedAtMs } = letter
    const source = sourceOf(letter)
    const again = `${reason} ${source}`
    if (reason === REQUEUED || diedAtMs < fromMs || writtenBack.has(source) || counted.has(again)) continue
    counted.add(again)
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

/** @example '7 far_future of feed.interactions.v1, the newest: ...' */
export const lettersText = ({ reason, count, topics, detail }: LettersOfReason): string =>
  `${String(count)} ${reason} of ${topics.join(', ')}, the newest: ${detail.slice(0, DETAIL_CHARS)}`

/** What to do about letters of a reason, in one sentence. */
export function letterAdvice(reason: string): string {
  const requeue = `\`npx feedloop dead-letters requeue --reason ${reason}\``
  return reason === 'wrong_partition' || reason === 'wrong_key'
    ? `Mend the producer (${ONE_LINE_FIX}); then ${requeue} brings them where they belong.`
    : `See \`npx feedloop dead-letters list --reason ${reason}\`; once the cause is mended, ${requeue} writes them back.`
}
