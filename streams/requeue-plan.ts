import type { DeadLetter } from '#schemas'
import type { FoundLetter } from './dead-letters.ts'

/** Reason of the letters that say: this record was written back. They have no bytes. */
export const REQUEUED = 'requeued'

/** The transactional id of `dead-letters requeue`: one for the feed, so that a second run at the same time ends the first. */
export const requeueId = (prefix: string): string => `${prefix}.requeue`

/** Where a record belongs now. */
export interface Place {
  partition: number
  key: Buffer | null
}

/** One record to be written back. */
export interface Resend extends Place {
  topic: string
  value: Buffer | null
  /** The letter it is taken from. */
  letter: DeadLetter
}

export interface RequeuePlan {
  resends: Resend[]
  /** Letters of records that another letter stands for: several stages had given the same record up. */
  sameRecord: number
  /** Letters that stay, and why. */
  left: { id: string; why: string }[]
}

/** Stages that give up the same record write a letter each. */
export const sourceOf = ({ topic, partition, offset }: Pick<DeadLetter, 'topic' | 'partition' | 'offset'>) =>
  `${topic}[${String(partition)}]@${String(offset)}`

/**
 * One resend for each record, at its own place.
 *
 * @param placeOf where the record belongs; text: why it cannot be written back
 */
export function planRequeue(
  letters: readonly FoundLetter[],
  placeOf: (letter: DeadLetter) => Place | string,
): RequeuePlan {
  const plan: RequeuePlan = { resends: [], sameRecord: 0, left: [] }
  const taken = new Set<string>()
  for (const { id, letter } of letters) {
    const source = sourceOf(letter)
    if (taken.has(source)) {
      plan.sameRecord += 1
      continue
    }
    taken.add(source)
    const place = placeOf(letter)
    if (typeof place === 'string') plan.left.push({ id, why: place })
    else plan.resends.push({ ...place, topic: letter.topic, value: letter.value, letter })
  }
  return plan
}

/** Goes into the dead-letter topic with the record itself, in one transaction. */
export const requeuedMark = ({ letter, partition }: Resend, nowMs: number): DeadLetter => ({
  topic: letter.topic,
  partition: letter.partition,
  offset: letter.offset,
  reason: REQUEUED,
  detail: `written back to partition ${String(partition)}`,
  stage: REQUEUED,
  key: null,
  value: null,
  diedAtMs: nowMs,
})
