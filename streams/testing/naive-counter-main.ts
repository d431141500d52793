/**
 * What a first attempt looks like, for tests that must show that they see what it does wrong: counts records per key
 * in Redis and lets kafkajs commit by itself. Arguments: brokers, Redis URL, topic, group, name of the Redis hash.
 */
import { Redis } from 'ioredis'
import { Kafka, logLevel } from 'kafkajs'

const [brokers, redisUrl, topic, groupId, hash] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
  string,
]
const redis = new Redis(redisUrl)
const consumer = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING }).consumer({
  groupId,
  sessionTimeout: 6_000,
  heartbeatInterval: 1_000,
})
await consumer.connect()
await consumer.subscribe({ topic, fromBeginning: true })
await consumer.run({
  eachMessage: async ({ message }) => void (await redis.hincrby(hash, String(message.key), 1)),
})
