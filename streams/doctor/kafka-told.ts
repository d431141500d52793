import { createDecoder, type DriftEvent, openRegistry, type TopicCatalogue } from '#schemas'
import type { Addresses } from '../contract.ts'
import { decodeRecord } from '../decode-record.ts'
import { readTopic } from '../kafka/kafka-read-topic.ts'
import { ASK_ONCE } from './ask-once.ts'

const EVENTS_LOOKED_AT = 1_000

/**
 * The newest drift events, in order.
 *
 * @throws when Kafka does not answer, or the registry, where there is an event to be read
 */
export async function askDriftEvents(
  addresses: Pick<Addresses, 'kafka' | 'registry'>,
  { drift, ...rest }: TopicCatalogue,
): Promise<DriftEvent[]> {
  const decoder = createDecoder(openRegistry(addresses.registry, ASK_ONCE), { drift, ...rest })
  const events: DriftEvent[] = []
  const records = readTopic({ addresses, topicName: drift.name, newestOffsets: EVENTS_LOOKED_AT })
  for await (const { value } of records) {
    if (value === null) continue
    const verdict = await decodeRecord(decoder, 'drift', value, Infinity)
    if (verdict.kind === 'retry') throw verdict.cause
    if (verdict.kind === 'pass') events.push(verdict.value)
  }
  return events
}
