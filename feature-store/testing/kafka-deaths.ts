import { Kafka, type Producer, type TopicMessages } from 'kafkajs'
import type { DeathStep } from './deaths.ts'

/**
 * Makes every producer of this process die around a request. At the acknowledgement the broker has the records and
 * the process does not know; mid flush the broker has half of them.
 */
export function dieAroundProducing(
  isTime: (step: DeathStep) => boolean,
  deadLettersTopic: string,
  die: () => void,
): void {
  const { prototype } = Kafka
  const make = Reflect.get(prototype, 'producer') as Kafka['producer']
  prototype.producer = function producer(this: Kafka, ...options): Producer {
    const made = make.apply(this, options)
    const { send, sendBatch } = made
    const around = async <T>(
      topics: readonly TopicMessages[],
      sendAll: () => Promise<T>,
      sendSome: (some: TopicMessages[]) => Promise<unknown>,
    ): Promise<T> => {
      const some = firstHalf(topics)
      if (some.length > 0 && isTime('mid flush')) {
        await sendSome(some)
        die()
      }
      const answer = await sendAll()
      const letters = topics.some(({ topic }) => topic === deadLettersTopic)
      if (isTime(letters ? 'before the dead-letter ack' : 'before the produce ack')) die()
      return answer
    }
    made.sendBatch = (batch) =>
      around(
        batch.topicMessages ?? [],
        () => sendBatch(batch),
        (topicMessages) => sendBatch({ ...batch, topicMessages }),
      )
    made.send = (record) =>
      around(
        [record],
        () => send(record),
        ([first]) => send({ ...record, ...first }),
      )
    return made
  }
}

function firstHalf(topics: readonly TopicMessages[]): TopicMessages[] {
  return topics.flatMap(({ topic, messages }) => {
    const half = messages.slice(0, messages.length >> 1)
    return half.length === 0 ? [] : [{ topic, messages: half }]
  })
}
