import { groupOf, type StageName } from '#schemas'
import { askAgain, createPlainKafka, type KafkaAddress, lookingAt } from '#streams'
import type { Moment } from './range.ts'

/** First retained and end offset, per partition. */
export interface TopicEnds {
  lows: number[]
  highs: number[]
}

/** Where in a log moments lie. Asked of the brokers, without a group. */
export interface LogRange {
  /** @throws OperatorError `topics_missing` */
  ends(topicName: string): Promise<TopicEnds>
  /** Per partition, the first offset that is not before the moment, within what is there. */
  offsetsAt(topicName: string, moment: Moment): Promise<number[]>
  /** Per partition of interactions, how far the live service has written copies; null: it has told nothing. */
  copiedUntil(prefix: string, topicName: string): Promise<(number | null)[]>
  close(): Promise<void>
}

export async function openLogRange(address: KafkaAddress): Promise<LogRange> {
  const admin = createPlainKafka(address, { clientId: 'feedloop-replay' }).admin()
  await admin.connect()
  /** Leaders move, and those of a new topic may not know of it yet. */
  const ask = <T>(question: () => Promise<T>) => askAgain(question, lookingAt(address))

  async function ends(topicName: string): Promise<TopicEnds> {
    const found = sorted(await ask(() => admin.fetchTopicOffsets(topicName)))
    return { lows: found.map(({ low }) => Number(low)), highs: found.map(({ high }) => Number(high)) }
  }

  return {
    ends,
    async offsetsAt(topicName, moment) {
      const { lows, highs } = await ends(topicName)
      if (moment.kind === 'now') return highs
      const wanted =
        moment.kind === 'offset'
          ? highs.map(() => moment.offset)
          : sorted(await ask(() => admin.fetchTopicOffsetsByTimestamp(topicName, moment.atMs))).map(
              ({ offset }) => Number(offset),
            )
      return wanted.map((offset, p) => Math.min(Math.max(offset, lows[p]!), highs[p]!))
    },
    async copiedUntil(prefix, topicName) {
      const groupId = groupOf(prefix, 'features-user' satisfies StageName)
      const [topic] = await admin.fetchOffsets({ groupId, topics: [topicName] })
      return sorted(topic?.partitions ?? []).map(({ offset }) => (Number(offset) < 0 ? null : Number(offset)))
    },
    close: () => admin.disconnect(),
  }
}

const sorted = <T extends { partition: number }>(partitions: readonly T[]): T[] =>
  [...partitions].sort((left, right) => left.partition - right.partition)
