import { readDeadLetters } from '#streams'
import type { OwnFeed } from '../testing/own-feed.ts'
import { placeOf, type PoisonRecord } from './kafka-poison.ts'

export interface LettersVerdict {
  /** Bad records without a letter. */
  missing: number
  /** Letters whose bytes are not those of the record. */
  different: number
  /** Letters for records that were not bad. */
  unasked: number
  /** More than one letter for a record: a crash between its acknowledgement and the offset. */
  repeated: number
  /** Letters by reason. */
  reasons: Record<string, number>
}

/** Holds the dead letters against what was sent, byte for byte. */
export async function judgeLetters(
  { addresses, runtime }: OwnFeed,
  sent: readonly PoisonRecord[],
): Promise<LettersVerdict> {
  const open = new Map(sent.map((record) => [record.place, record]))
  const buried = new Set<string>()
  const verdict: LettersVerdict = { missing: 0, different: 0, unasked: 0, repeated: 0, reasons: {} }
  const topicName = runtime.topicName('deadLetters')
  for await (const { letter } of readDeadLetters(addresses, topicName, runtime.codec)) {
    const place = placeOf(letter.topic, letter.partition, letter.offset)
    const original = open.get(place)
    if (original === undefined) verdict.unasked += 1
    else if (letter.value?.equals(original.value) !== true || letter.key?.toString() !== original.key)
      verdict.different += 1
    if (buried.has(place)) verdict.repeated += 1
    else verdict.reasons[letter.reason] = (verdict.reasons[letter.reason] ?? 0) + 1
    buried.add(place)
  }
  verdict.missing = sent.filter(({ place }) => !buried.has(place)).length
  return verdict
}
