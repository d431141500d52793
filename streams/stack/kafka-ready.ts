import type { Admin, Kafka } from 'kafkajs'
import type { KafkaAddress } from '../contract.ts'
import { createPlainKafka } from '../kafka/kafka-client.ts'

const REQUEST_LIMIT_MS = 3_000
const READINESS_TOPIC = 'feedloop.stack.readiness'
const READINESS_GROUP = 'feedloop.stack.readiness'

/**
 * One try: metadata, group coordinator and, for a broker of ours (`clusterId` given), an acknowledged idempotent
 * write, which needs a producer id. Throws what is not there yet.
 */
export async function checkKafka(address: KafkaAddress, clusterId?: string): Promise<void> {
  const kafka = createPlainKafka(address, {
    clientId: 'feedloop-stack',
    connectionTimeout: REQUEST_LIMIT_MS,
    requestTimeout: REQUEST_LIMIT_MS,
    retry: { retries: 0 },
  })
  const admin = kafka.admin()
  try {
    await admin.connect()
    const cluster = await admin.describeCluster()
    if (clusterId !== undefined && cluster.clusterId !== clusterId)
      throw new Error(`cluster ${cluster.clusterId} answers there, ours is ${clusterId}`)
    if (clusterId !== undefined) await writeOnce(kafka, admin)
    await admin.fetchOffsets({ groupId: READINESS_GROUP, topics: [] })
  } finally {
    await admin.disconnect()
  }
}

async function writeOnce(kafka: Kafka, admin: Admin): Promise<void> {
  const topics = await admin.listTopics()
  if (!topics.includes(READINESS_TOPIC)) {
    await admin.createTopics({
      waitForLeaders: true,
      timeout: REQUEST_LIMIT_MS,
      topics: [
        {
          topic: READINESS_TOPIC,
          numPartitions: 1,
          replicationFactor: 1,
          configEntries: [{ name: 'retention.ms', value: '3600000' }],
        },
      ],
    })
  }
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1, retry: { retries: 1 } })
  try {
    await producer.connect()
    await producer.send({ topic: READINESS_TOPIC, acks: -1, messages: [{ value: 'ready' }] })
  } finally {
    await producer.disconnect()
  }
}
