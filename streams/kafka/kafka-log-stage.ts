import { setTimeout as sleep } from 'node:timers/promises'
import type { Kafka } from 'kafkajs'
import type { TopicKey } from '#schemas'
import { afterEarlier } from '../after-earlier.ts'
import { batchMax, split } from '../cut-batch.ts'
import { deferred } from '../deferred.ts'
import { tellLostRecords } from '../lost-records.ts'
import type { RawBatch } from '../raw-record.ts'
import type { LogStageOptions, RunningStage, Stage } from '../stage.ts'
import { createStageRunner, type StageRunner, type StageRunnerParts } from '../stage-runner.ts'
import type { FetchedPartition } from './kafka-log-fetches.ts'
import { type LogCursor, openLogCursor } from './kafka-log-cursor.ts'

export interface LogStageParts extends StageRunnerParts {
  kafka: Kafka
  brokers: readonly string[]
  partitionCount(topic: TopicKey): number
}

/**
 * A stage that reads every partition by offset, without a group: nobody else is assigned anything, and no offset is
 * committed. `opened` must say where each partition begins. `done` resolves when every partition is read up to its end.
 */
export async function runLogStage<K extends TopicKey>(
  stage: Stage<K>,
  options: LogStageOptions<K>,
  parts: LogStageParts,
): Promise<RunningStage> {
  const stopping = new AbortController()
  const run = createStageRunner(stage, parts)
  const cursors: { topic: K; cursor: LogCursor }[] = []
  const closeAll = () => Promise.all(cursors.map(({ cursor }) => cursor.close()))
  try {
    for (const topic of stage.sources)
      cursors.push({ topic, cursor: await cursorOf(stage, topic, options, parts) })
  } catch (error) {
    await closeAll()
    throw error
  }
  const done = deferred()
  const reading = Promise.all(
    cursors.map(({ topic, cursor }) =>
      readTo({ topic, cursor, run, options, limits: parts.limits, stopping: stopping.signal }),
    ),
  )
    .finally(() => stopping.abort())
    .finally(closeAll)
    .then(() => done.resolve(), done.reject)
  done.promise.catch(() => undefined) // whoever waits for it sees it
  return {
    ready: Promise.resolve(),
    done: done.promise,
    async stop() {
      stopping.abort()
      await reading
    },
  }
}

async function cursorOf<K extends TopicKey>(
  stage: Stage<K>,
  topic: K,
  { endOf, earlierOf }: LogStageOptions<K>,
  parts: LogStageParts,
): Promise<LogCursor> {
  const startFrom = new Map<number, number>()
  const all = Array.from({ length: parts.partitionCount(topic) }, (_, partition) => partition)
  const given = all.filter((partition) => endOf(topic, partition) !== 0)
  for (const partition of given) {
    const offset = await stage.opened?.(topic, partition, given)
    if (offset !== undefined) startFrom.set(partition, offset)
  }
  const topicName = parts.topicName(topic)
  const lost = (partition: number, wanted: number, first: number): void =>
    tellLostRecords({ stage: stage.name, topic: topicName, partition, wanted, first }, parts)
  const cursor = await openLogCursor({ ...parts, topicName, startFrom, lost })
  const earlier = earlierOf?.(topic) ?? null
  return earlier === null ? cursor : afterEarlier(cursor, earlier)
}

interface Reading<K extends TopicKey> {
  topic: K
  cursor: LogCursor
  run: StageRunner<K>
  options: LogStageOptions<K>
  limits: StageRunnerParts['limits']
  stopping: AbortSignal
}

async function readTo<K extends TopicKey>(reading: Reading<K>): Promise<void> {
  const { topic, cursor, options, stopping } = reading
  const isOpen = (partition: number) => {
    const end = options.endOf(topic, partition)
    return end === null || cursor.positions.get(partition)! < end
  }
  const isWanted = (partition: number) =>
    isOpen(partition) && cursor.positions.get(partition)! < lastOf(reading, partition)
  while (!stopping.aborted && cursor.partitions.some(isOpen)) {
    if (!cursor.partitions.some(isWanted)) {
      await sleep(WAITING_MS, undefined, { signal: stopping }).catch(() => undefined) // the loop looks
      continue
    }
    const fetched = await cursor.poll(isWanted)
    await Promise.all(fetched.map((partition) => workThrough(reading, partition)))
    for (const partition of cursor.partitions) if (isOpen(partition)) await overHoles(reading, partition)
  }
}

/** Of the offsets that may be read now, the first one that may not. */
function lastOf<K extends TopicKey>({ topic, options }: Reading<K>, partition: number): number {
  const { endOf, limitOf } = options
  return Math.min(endOf(topic, partition) ?? Infinity, limitOf?.(topic, partition) ?? Infinity)
}

/** What one fetch gave of one partition, slice by slice, up to where it may be read. */
async function workThrough<K extends TopicKey>(
  reading: Reading<K>,
  { partition, records, nextOffset }: FetchedPartition,
): Promise<void> {
  const { topic, cursor, run, options, limits, stopping } = reading
  const endOffset = Math.max(cursor.ends.get(partition)!, nextOffset)
  const allowed = upTo({ topic, partition, records, nextOffset, endOffset }, lastOf(reading, partition))
  if (allowed.nextOffset < nextOffset) cursor.seek(partition, allowed.nextOffset)
  let rest: RawBatch<K> | null = allowed
  while (rest !== null && !stopping.aborted) {
    const [slice, behind]: [RawBatch<K>, RawBatch<K> | null] = split(rest, batchMax(rest, limits))
    const outcome = await run(slice, options.outputs)
    rest = behind
    if (outcome.kind === 'done') continue
    cursor.seek(partition, outcome.offset)
    if (outcome.kind === 'retry')
      await sleep(outcome.delayMs, undefined, { signal: stopping }).catch(() => undefined) // the loop looks
    return
  }
  if (rest !== null) cursor.seek(partition, rest.records[0]?.offset ?? rest.nextOffset)
}

/** How soon it is noticed that what waited may be read. */
const WAITING_MS = 50

function upTo<K extends TopicKey>(batch: RawBatch<K>, end: number): RawBatch<K> {
  const records = batch.records.filter(({ offset }) => offset < end)
  return { ...batch, records, nextOffset: Math.min(batch.nextOffset, end) }
}

/** The last offsets before an end may hold nothing (compaction, ends of transactions): the stage is told that they are over. */
async function overHoles<K extends TopicKey>(
  { topic, cursor, run, options }: Reading<K>,
  partition: number,
): Promise<void> {
  const end = options.endOf(topic, partition)
  if (end === null || end > cursor.ends.get(partition)! || !cursor.hasReadToEnd(partition)) return
  if (cursor.positions.get(partition)! >= end) return
  await run({ topic, partition, records: [], nextOffset: end, endOffset: end }, options.outputs)
  cursor.seek(partition, end)
}
