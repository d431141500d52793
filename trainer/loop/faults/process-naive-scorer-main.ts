/**
 * What a first attempt at a scorer looks like: kafkajs commits by itself, and every answer gets a new id. Each answer
 * takes a while, as with a model, so that a kill falls into work: one that dies at rest, with everything committed, shows
 * nothing. Argument: JSON of NaiveScorerArguments.
 */
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Addresses, connectRuntime, createPlainKafka, silentLogger, type StreamsConfig } from '#streams'
import { samplePrediction } from '../../testing/sample-predictions.ts'

export interface NaiveScorerArguments {
  addresses: Addresses
  streams: StreamsConfig
  /** How long it takes for one answer. */
  answerMs: number
}

const { addresses, streams, answerMs } = JSON.parse(process.argv[2]!) as NaiveScorerArguments
const runtime = await connectRuntime({ addresses, config: streams, clientId: 'naive', log: silentLogger })
const outputs = await runtime.outputs('naive')
const kafka = createPlainKafka(addresses.kafka)
const { sessionTimeoutMs, heartbeatIntervalMs } = streams.limits
const consumer = kafka.consumer({
  groupId: `${streams.prefix}.naive`,
  sessionTimeout: sessionTimeoutMs,
  heartbeatInterval: heartbeatIntervalMs,
})
await consumer.connect()
await consumer.subscribe({ topic: runtime.topicName('requests'), fromBeginning: true })
await consumer.run({
  eachMessage: async ({ message, partition }) => {
    const { requestId, userId, occurredAtMs, candidates } = runtime.codec.decode('requests', message.value!)
    const items = candidates.map((itemId) => ({ itemId, vector: null }))
    const answer = samplePrediction({ requestId, userId, occurredAtMs, items })
    const place = { requestPartition: partition, requestOffset: Number(message.offset) }
    outputs.add('predictions', { key: userId, value: { ...answer, ...place, predictionId: randomUUID() } })
    await outputs.flush()
    await sleep(answerMs)
  },
})
