/**
 * What a first attempt looks like, for tests that must show that they see what it does wrong: counts records per key
 * in Redis and lets kafkajs commit by itself. Argument: JSON of NaiveCounterArguments.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { SchemaRegistry } from '@kafkajs/confluent-schema-registry'
import { Kafka, logLevel } from 'kafkajs'
import { registrySettingsOf } from '#schemas'
import { kafkaSettingsOf } from '../kafka/kafka-settings.ts'
import { createRedis } from '../redis-client.ts'
import { JOINED_LINE, type NaiveCounterArguments } from './process-naive-counter.ts'

const { addresses, topic, groupId, hash, habit, restMs } = JSON.parse(
  process.argv[2]!,
) as NaiveCounterArguments
const redis = createRedis(addresses.redis)
const registry = new SchemaRegistry({ ...registrySettingsOf(addresses.registry), retry: { retries: 0 } })
const kafka = new Kafka({ ...kafkaSettingsOf(addresses.kafka), logLevel: logLevel.NOTHING })
const consumer = kafka.consumer({ groupId, sessionTimeout: 3_000, heartbeatInterval: 500 })

async function count(key: string, value: Buffer | null): Promise<void> {
  if (habit === 'skips what it cannot read') {
    try {
      await registry.decode(value!)
    } catch {
      return
    }
  }
  if (habit === 'dies of what it cannot read') await registry.decode(value!)
  const counted = redis.hincrby(hash, key, 1)
  if (habit === 'does not wait for Redis') counted.catch(() => undefined)
  else await counted
  if (restMs > 0) await sleep(restMs)
}

consumer.on('consumer.group_join', () => process.stdout.write(`${JOINED_LINE}\n`))
await consumer.connect()
await consumer.subscribe({ topic, fromBeginning: true })
await consumer.run({ eachMessage: ({ message }) => count(String(message.key), message.value) })
