import type { Decoder } from '#schemas'
import type { Addresses } from '../contract.ts'
import { decodeRecord } from '../decode-record.ts'
import { readTopic } from '../kafka/kafka-read-topic.ts'
import { createErasureBook, type ErasureBook } from './erasure-book.ts'

/**
 * Every erasure there is now, for who reads a topic once: an archive, an export, dead letters.
 *
 * @throws OperatorError when no broker answers or the topic does not exist
 */
export async function readErasures(
  addresses: Pick<Addresses, 'kafka'>,
  erasuresTopic: string,
  codec: Decoder,
): Promise<ErasureBook> {
  const book = createErasureBook()
  for await (const { value } of readTopic({ addresses, topicName: erasuresTopic })) {
    if (value === null) continue
    const verdict = await decodeRecord(codec, 'erasures', value, Infinity)
    if (verdict.kind === 'retry') throw verdict.cause
    if (verdict.kind === 'pass') book.add(verdict.value)
  }
  return book
}
