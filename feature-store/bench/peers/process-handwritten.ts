/**
 * What a team would write by hand: kafkajs and ioredis, offsets committed by kafkajs, no fence. Arguments: the task,
 * then `message` (eachMessage, one pipeline per message) or `batch` (eachBatch, one pipeline per 500 messages).
 */
import avsc from 'avsc'
import type { ChainableCommander } from 'ioredis'
import { Kafka, type KafkaConfig, logLevel } from 'kafkajs'
import { type Interaction, requestRegistry } from '#schemas'
import { createRedis } from '#streams'
import { BUCKET_MINUTES, HALF_LIFE_MINUTES } from '../bench-features.ts'
import { KAFKA_SETTINGS_VARIABLE, type Task } from '../contest.ts'
import { createStopwatch, finish } from '../process-stopwatch.ts'

const PIPELINE_MESSAGES = 500
const HALF_LIFE_MS = HALF_LIFE_MINUTES * 60_000
const BUCKET_MS = BUCKET_MINUTES * 60_000
/** Fades what is there to the newest click and adds one. */
const FADE = `local v = redis.call('HMGET', KEYS[1], 'decayed', 'clickedAtMs')
local at, decayed, before = tonumber(ARGV[1]), tonumber(v[1] or '0'), tonumber(v[2] or '0')
if at >= before then decayed = decayed * 2 ^ (-(at - before) / ${String(HALF_LIFE_MS)}) + 1 before = at
else decayed = decayed + 2 ^ ((at - before) / ${String(HALF_LIFE_MS)}) end
redis.call('HSET', KEYS[1], 'decayed', string.format('%.17g', decayed), 'clickedAtMs', string.format('%.0f', before))`
const NEWEST = `local before = tonumber(redis.call('HGET', KEYS[1], 'lastAtMs') or '0')
if tonumber(ARGV[1]) > before then redis.call('HSET', KEYS[1], 'lastAtMs', ARGV[1]) end`

interface Commands extends ChainableCommander {
  fade(key: string, atMs: number): this
  newest(key: string, atMs: number): this
}

const task = JSON.parse(process.argv[2]!) as Task
const mode = process.argv[3]
const redis = createRedis(task.redis)
redis.defineCommand('fade', { numberOfKeys: 1, lua: FADE })
redis.defineCommand('newest', { numberOfKeys: 1, lua: NEWEST })
const stopwatch = createStopwatch()
const types = new Map<number, avsc.Type>()

async function interactionOf(value: Buffer): Promise<Interaction> {
  const id = value.readUInt32BE(1)
  let type = types.get(id)
  if (type === undefined) {
    const answer = await requestRegistry(task.registry, `/schemas/ids/${String(id)}`)
    type = avsc.Type.forSchema(JSON.parse(((await answer.json()) as { schema: string }).schema))
    types.set(id, type)
  }
  return type.fromBuffer(value.subarray(5)) as Interaction
}

function count(pipeline: Commands, { userId, itemId, type, occurredAtMs }: Interaction): void {
  for (const id of [userId, itemId]) {
    const key = `${task.prefix}:${id}`
    if (type === 'view') pipeline.hincrby(key, 'views', 1)
    if (type === 'click') {
      pipeline.hincrby(key, 'clicks', 1)
      pipeline.hincrby(key, `b${String(Math.floor(occurredAtMs / BUCKET_MS))}`, 1)
      pipeline.fade(key, occurredAtMs)
    }
    pipeline.newest(key, occurredAtMs)
  }
}

async function write(values: readonly (Buffer | null)[]): Promise<void> {
  const pipeline = redis.pipeline() as Commands
  for (const value of values) if (value !== null) count(pipeline, await interactionOf(value))
  await pipeline.exec()
  written += values.length
  if (written >= task.interactions) finish(stopwatch.outcome(task.interactions))
}

let written = 0
const kafkaSettings = JSON.parse(process.env[KAFKA_SETTINGS_VARIABLE]!) as KafkaConfig
const kafka = new Kafka({ ...kafkaSettings, logLevel: logLevel.NOTHING })
const consumer = kafka.consumer({
  groupId: `${task.prefix}.handwritten-${String(process.pid)}`,
  maxWaitTimeInMs: 100,
})
await consumer.connect()
await consumer.subscribe({ topic: task.topic, fromBeginning: true })
await consumer.run(
  mode === 'message'
    ? {
        partitionsConsumedConcurrently: 4,
        eachMessage: async ({ message }) => {
          stopwatch.start()
          await write([message.value])
        },
      }
    : {
        partitionsConsumedConcurrently: 4,
        eachBatch: async ({ batch, resolveOffset, heartbeat }) => {
          stopwatch.start()
          for (let from = 0; from < batch.messages.length; from += PIPELINE_MESSAGES) {
            const some = batch.messages.slice(from, from + PIPELINE_MESSAGES)
            await write(some.map(({ value }) => value))
            resolveOffset(some.at(-1)!.offset)
            await heartbeat()
          }
        },
      },
)
