import { createDecoder, type DeadLetter, openRegistry, type TopicCatalogue } from '#schemas'
import type { Addresses } from '../contract.ts'
import { readErasures } from '../erasures/kafka-read-erasures.ts'
import { type LettersOfReason, lettersByReason } from '../recent-letters.ts'
import { readLetters } from './kafka-dead-letters.ts'

export interface RecentLetters {
  reasons: LettersOfReason[]
  /** There are more than were looked at: counts are the least there can be. */
  isCut: boolean
  /** How far back was looked. */
  hours: number
}

/** Of the newest dead letters, those of the last hours. */
export const LETTER_HOURS = 24
const LETTERS_LOOKED_AT = 1_000
/** A person waits. */
const ASK_ONCE = { attemptsMax: 1, requestMs: 3_000 }

/**
 * What was given up of late, and why.
 *
 * @throws when Kafka does not answer, or the registry, where there is a letter to be read
 */
export async function recentLetters(
  addresses: Pick<Addresses, 'kafka' | 'registry'>,
  catalogue: TopicCatalogue,
  nowMs: number,
): Promise<RecentLetters> {
  const decoder = createDecoder(openRegistry(addresses.registry, ASK_ONCE), catalogue)
  const fromMs = nowMs - LETTER_HOURS * 3_600_000
  const letters: DeadLetter[] = []
  const topic = catalogue.deadLetters.name
  const erasures = await readErasures(addresses, catalogue.erasures.name, decoder)
  for await (const { letter } of readLetters(addresses, topic, decoder, {
    newestOffsets: LETTERS_LOOKED_AT,
    erasures,
  }))
    letters.push(letter)
  const isFull = letters.length >= LETTERS_LOOKED_AT
  const isCut = isFull && letters[0]!.diedAtMs >= fromMs
  return { reasons: lettersByReason(letters, fromMs), isCut, hours: LETTER_HOURS }
}
