import type { Kafka } from 'kafkajs'
import type { TopicKey } from '#schemas'
import { partitionsDiffer, type TopicIdentity, type WhenTopicChanged } from '../topic-identity.ts'
import { askAgain, type AskAgainParts } from './kafka-ask-again.ts'
import { connectCluster } from './kafka-cluster.ts'
import { createSharedConnection } from './shared-connection.ts'
import { askTopicIds, type TopicFacts } from './wire/kafka-topic-ids.ts'

export interface TopicIdentitiesParts extends AskAgainParts {
  kafka: Kafka
  whenChanged: WhenTopicChanged
  topicName(topic: TopicKey): string
  /** As it was when this process started. */
  partitionCount(topic: TopicKey): number
}

export interface TopicIdentities {
  /**
   * Asked anew each time. null: the brokers give topics no ids (before Kafka 2.8).
   *
   * @throws OperatorError `partitions_differ` when the topic was widened meanwhile
   */
  of(topic: TopicKey): Promise<TopicIdentity | null>
  /** Ids and widths of topics by name, asked once: who asks decides what an outage means. */
  facts(topics: readonly TopicKey[]): Promise<Map<string, TopicFacts> | null>
  close(): Promise<void>
}

/** Keeps one connection, made with the first question. */
export function createTopicIdentities(parts: TopicIdentitiesParts): TopicIdentities {
  const { kafka, whenChanged, topicName, partitionCount } = parts
  const connection = createSharedConnection(() => connectCluster(kafka))

  const ask = (names: readonly string[]) =>
    connection.use(async ({ cluster }) => {
      await cluster.refreshMetadataIfNecessary()
      return askTopicIds(await cluster.findControllerBroker(), names)
    })

  return {
    async of(topic) {
      const name = topicName(topic)
      const found = (await askAgain(() => ask([name]), parts))?.get(name)
      if (found === undefined) return null
      const { id, partitions } = found
      if (partitions !== partitionCount(topic))
        throw partitionsDiffer(name, partitions, partitionCount(topic))
      return id === null ? null : { text: `${id}:${String(partitions)}`, whenChanged }
    },
    facts: (topics) => ask(topics.map(topicName)),
    close: connection.close,
  }
}
