import type { Decoder } from '#schemas'
import { type FoundLetter, letterMatches, type LetterFilter } from '../dead-letters.ts'
import { decodeRecord } from '../decode-record.ts'
import { type Erasures, NO_ERASURES } from '../erasures/erasure-book.ts'
import { readTopic } from './kafka-read-topic.ts'
import type { Addresses } from '../contract.ts'
import { REQUEUED, sourceOf } from '../requeue-plan.ts'

/**
 * The dead letters that match, oldest first. Letters that cannot be decoded themselves are left out, and so are the marks
 * of what was written back, and letters of erased users and items.
 */
export async function* readDeadLetters(
  addresses: Pick<Addresses, 'kafka'>,
  deadLettersTopic: string,
  codec: Decoder,
  filter: LetterFilter = {},
  erasures: Erasures = NO_ERASURES,
): AsyncGenerator<FoundLetter, void, undefined> {
  for await (const found of readLetters(addresses, deadLettersTopic, codec, { erasures }))
    if (found.letter.reason !== REQUEUED && letterMatches(found, filter)) yield found
}

/** The records (requeue-plan.ts, sourceOf) that were written back. */
export async function requeuedSources(
  addresses: Pick<Addresses, 'kafka'>,
  deadLettersTopic: string,
  codec: Decoder,
): Promise<Set<string>> {
  const sources = new Set<string>()
  for await (const { letter } of readLetters(addresses, deadLettersTopic, codec))
    if (letter.reason === REQUEUED) sources.add(sourceOf(letter))
  return sources
}

export interface ReadLettersOptions {
  /** Only so many; left out: all. */
  newestOffsets?: number
  erasures?: Erasures
}

/** The marks of what was written back as well. */
export async function* readLetters(
  addresses: Pick<Addresses, 'kafka'>,
  deadLettersTopic: string,
  codec: Decoder,
  { newestOffsets, erasures = NO_ERASURES }: ReadLettersOptions = {},
): AsyncGenerator<FoundLetter, void, undefined> {
  const newest = newestOffsets === undefined ? {} : { newestOffsets }
  const records = readTopic({ addresses, topicName: deadLettersTopic, ...newest })
  for await (const { partition, offset, value } of records) {
    if (value === null) continue
    const verdict = await decodeRecord(codec, 'deadLetters', value, Infinity)
    if (verdict.kind === 'retry') throw verdict.cause
    if (verdict.kind !== 'pass') continue
    if (erasures.coversLetter({ topic: deadLettersTopic, partition, offset }, verdict.value)) continue
    yield { id: `${partition}/${offset}`, letter: verdict.value }
  }
}
