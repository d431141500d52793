import type { KafkaConfig } from 'kafkajs'
import type { KafkaAddress } from '../contract.ts'

/**
 * How kafkajs reaches these brokers: the one place that says so, for kafka-client.ts and for the programs that must
 * stay plain kafkajs (controls and rivals). Nothing else is imported here: kafka-client.ts changes kafkajs.
 */
export function kafkaSettingsOf({ brokers }: KafkaAddress): Pick<KafkaConfig, 'brokers'> {
  return { brokers: [...brokers] }
}
