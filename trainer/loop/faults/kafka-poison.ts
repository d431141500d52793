import { createPlainKafka } from '#streams'
import type { OwnFeed } from '../testing/own-feed.ts'

/** Bytes that a broken producer sends. */
export interface Poison {
  topic: 'interactions' | 'requests' | 'users' | 'items'
  partition: number
  key: string
  value: Buffer
}

/** Where they came to lie: topic/partition/offset, by physical name. */
export interface PoisonRecord extends Poison {
  place: string
}

export const placeOf = (topicName: string, partition: number, offset: number | string) =>
  `${topicName}/${String(partition)}/${String(offset)}`

/** Sends each on its own, in order, past our codec and partitioner. */
export async function sendPoison(
  { addresses, runtime }: Pick<OwnFeed, 'addresses' | 'runtime'>,
  poison: readonly Poison[],
): Promise<PoisonRecord[]> {
  const kafka = createPlainKafka(addresses.kafka)
  const producer = kafka.producer({ allowAutoTopicCreation: false })
  await producer.connect()
  try {
    const sent: PoisonRecord[] = []
    for (const each of poison) {
      const topic = runtime.topicName(each.topic)
      const { key, value, partition } = each
      const [answer] = await producer.send({ topic, acks: -1, messages: [{ key, value, partition }] })
      sent.push({ ...each, place: placeOf(topic, partition, answer!.baseOffset!) })
    }
    return sent
  } finally {
    await producer.disconnect()
  }
}
