import { setTimeout as sleep } from 'node:timers/promises'
import type { TopicKey } from '#schemas'
import {
  type Addresses,
  type ConnectedRuntime,
  type Erasures,
  type LogCursor,
  NO_ERASURES,
  openTopicCursor,
} from '#streams'
import { type ArchivePiece, createArchiveBuffer } from './archive-buffer.ts'
import { filesOf, refuseOtherTopic, writeIdentity } from './archive-index.ts'
import { archiveFileName, inOrder } from './archive-names.ts'
import type { ArchivePlace } from './archive-place.ts'
import { withoutErasedRecords } from './erase-records.ts'
import { archiveBytes } from './fs-archive-parquet.ts'
import { filesToRetire } from './retire-files.ts'

export interface ArchiveOptions {
  place: ArchivePlace
  topics: readonly TopicKey[]
  addresses: Pick<Addresses, 'kafka'>
  runtime: ConnectedRuntime
  /** What was erased, as far as the topic says now: it goes into no file. Left out: nothing was. */
  erasures?(): Promise<Erasures>
  /** Of keys and values, of one file. */
  fileBytesMax: number
  /** Of keys and values, of one topic, that are in no file yet. */
  heldBytesMax: number
  /** What came is in a file after this time. */
  flushMs: number
  keepDays: number | null
  bytesMax: number | null
  /** Ends where the topics end now. */
  isOnce: boolean
  tell?(told: ArchiveTold): void
}

export interface ArchiveTold {
  files: number
  records: number
  bytes: number
  /** Offsets that Kafka removed before they were read. */
  lost: number
  retired: number
}

export interface RunningArchive {
  done: Promise<ArchiveTold>
  /** Writes what is held, then ends. */
  stop(): Promise<void>
}

const RETIRE_EVERY_MS = 60_000

/**
 * Writes topics into Parquet files as they grow. Where it goes on is what the names of the files say, so it may be killed at
 * any moment: what is in no whole file is read again.
 */
export function startArchive(options: ArchiveOptions): RunningArchive {
  const stopping = new AbortController()
  const told: ArchiveTold = { files: 0, records: 0, bytes: 0, lost: 0, retired: 0 }
  const topics = options.topics.map((topic) => archiveTopic(topic, { ...options, told }, stopping.signal))
  // One that fails ends the others: a gap must not grow unseen.
  for (const topic of topics) topic.catch(() => stopping.abort())
  const all = Promise.allSettled(topics).then((ends) => {
    const failed = ends.find((end) => end.status === 'rejected')
    if (failed !== undefined) throw failed.reason
  })
  const finished = new AbortController()
  const retiring = retireFiles({ ...options, told }, finished.signal)
  const done = all
    .finally(() => finished.abort())
    .then(() => retiring)
    .then(() => told)
  done.catch(() => undefined) // whoever waits for it sees it
  return {
    done,
    async stop() {
      stopping.abort()
      await done.catch(() => undefined) // told by `done`
    },
  }
}

type Parts = ArchiveOptions & { told: ArchiveTold }

async function archiveTopic(topic: TopicKey, parts: Parts, stopping: AbortSignal): Promise<void> {
  const { place, runtime, addresses, told, flushMs, isOnce } = parts
  const topicName = runtime.topicName(topic)
  const identity = (await runtime.topicIdentity(topic))?.text ?? null
  await refuseOtherTopic(place, topicName, identity)
  if (identity !== null) await writeIdentity(place, topicName, identity)
  const starts = await startsOf(topic, parts)
  const buffer = createArchiveBuffer(starts, parts)
  const write = (pieces: readonly ArchivePiece[]) => writePieces(pieces, { topic, topicName }, parts)
  const lostNow: { partition: number; first: number; wanted: number }[] = []
  const cursor: LogCursor = await openTopicCursor({
    addresses,
    topicName,
    startFrom: starts,
    log: runtime.log,
    lost: (partition, wanted, first) => void lostNow.push({ partition, wanted, first }),
  })
  let flushedAtMs = performance.now()
  try {
    while (!stopping.aborted && !(isOnce && cursor.caughtUp())) {
      const fetched = await cursor.poll()
      for (const { partition, wanted, first } of lostNow.splice(0)) {
        told.lost += first - wanted
        await write(buffer.lost(partition, first))
      }
      for (const { partition, records, nextOffset } of fetched)
        await write(buffer.add(partition, records, nextOffset))
      if (performance.now() - flushedAtMs < flushMs) continue
      flushedAtMs = performance.now()
      await write(buffer.flush())
    }
    await write(buffer.flush())
  } finally {
    await cursor.close()
  }
}

/** Behind the files that are there; without any, where the topic begins. */
async function startsOf(topic: TopicKey, { place, runtime, told }: Parts): Promise<Map<number, number>> {
  const files = await filesOf(place, runtime.topicName(topic))
  const starts = new Map<number, number>()
  for (let partition = 0; partition < runtime.partitionCount(topic); partition++) {
    const last = inOrder(files, partition).at(-1)
    const { startOffset } = await runtime.offsets(topic, partition)
    starts.set(partition, Math.max(last?.nextOffset ?? 0, startOffset))
    if (last !== undefined) told.lost += Math.max(0, startOffset - last.nextOffset)
  }
  return starts
}

async function writePieces(
  pieces: readonly ArchivePiece[],
  { topic, topicName }: { topic: TopicKey; topicName: string },
  { place, told, tell, runtime: { codec }, erasures: known }: Parts,
): Promise<void> {
  if (pieces.length === 0) return
  const erasures = (await known?.()) ?? NO_ERASURES
  for (const { records: read, ...piece } of pieces) {
    const { partition, firstOffset, nextOffset } = piece
    const { records } = await withoutErasedRecords(read, { topic, topicName, erasures, codec })
    const bytes = archiveBytes(records, { topicName, partition, firstOffset, nextOffset })
    await place.put(archiveFileName({ topicName, ...piece }), bytes)
    told.files++
    told.records += records.length
    told.bytes += bytes.byteLength
    tell?.(told)
  }
}

async function retireFiles(parts: Parts, finished: AbortSignal): Promise<void> {
  const { place, topics, runtime, keepDays, bytesMax, told } = parts
  if (keepDays === null && bytesMax === null) return
  for (;;) {
    const isLast = finished.aborted
    const files = []
    for (const topic of topics) files.push(...(await filesOf(place, runtime.topicName(topic))))
    for (const { name } of filesToRetire(files, { keepDays, bytesMax, atMs: runtime.clock.nowMs() })) {
      await place.remove(name)
      told.retired++
    }
    if (isLast) return
    await sleep(RETIRE_EVERY_MS, undefined, { signal: finished }).catch(() => undefined) // the loop looks
  }
}
