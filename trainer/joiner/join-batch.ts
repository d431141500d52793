import type { Codec, Prediction, RecordOf } from '#schemas'
import type { Batch, BatchResult, Outputs, Runtime, Signals } from '#streams'
import { LOG_EVENTS, SIGNALS } from '../signals.ts'
import { erasePending, type ErasedSoFar } from './erase-pending.ts'
import type { JoinVerdict } from './join-window.ts'
import type { Bound, JoinerLanes, JoinerSource, Lane } from './joiner-lanes.ts'
import type { SourceOffset } from './source-offset.ts'

/** Predictions that are settled together: what is read and written for them is in memory at once. */
const SETTLED_TOGETHER = 500

export interface JoinParts {
  runtime: Pick<Runtime, 'codec' | 'log' | 'signals' | 'topicName'>
  lanes: JoinerLanes
  outputs: Outputs
  /** Examples are marked with them. */
  labelsOut: () => readonly string[]
  erased: ErasedSoFar
}

/** What one batch of one topic makes of a partition: verdicts, examples, and how far it may be committed. */
export async function joinBatch(
  parts: JoinParts,
  lane: Lane,
  batch: Batch<JoinerSource>,
): Promise<BatchResult> {
  const { runtime, lanes } = parts
  await erasePending(parts, lane)
  const packed = packedPredictions(runtime.codec, batch)
  const bytes = packed.reduce((sum, one) => sum + (one?.length ?? 0), 0)
  await lanes.relieve()
  const records = batch.records.length
  // Not one by one: each time the batch would be fetched again.
  const bound = lane.window.boundReached(records) ?? lanes.boundReached(lane, records, bytes)
  if (bound !== undefined && (await lane.times.isAheadOfOthers(batch.topic)))
    return putOff(parts, lane, batch, batch.firstOffset, bound)
  const stoppedAt = await take(parts, lane, batch, packed)
  tellState(parts, lane)
  if (stoppedAt !== undefined) return putOff(parts, lane, batch, stoppedAt.offset, stoppedAt.bound)
  const lastRead = batch.nextOffset - 1
  return { kind: 'done', commit: Math.min(lastRead, lane.window.neededOffset(batch.topic) ?? Infinity) }
}

/** As they are kept: by the schema of their topic, without what no example needs. Other records: undefined. */
function packedPredictions(codec: Codec, { records }: Batch<JoinerSource>): (Buffer | undefined)[] {
  return records.map(({ value }) => {
    if (value === null || !('ranking' in value)) return undefined
    const ranking = value.ranking.filter(({ vector, flags }) => vector !== null && flags !== null)
    return codec.encode('predictions', { ...value, ranking, context: [], feedOffsets: [] })
  })
}

interface Stopped {
  offset: number
  bound: Bound
}

/**
 * Takes a batch in one go. Where there is no room for a record, what is due by then is settled before it is tried again; then
 * it waits for the others, when they are behind; else a bound is too small for this feed, and it is lost.
 * @returns where it stopped; undefined: at its end
 */
async function take(
  parts: JoinParts,
  lane: Lane,
  { topic, records, nextOffset }: Batch<JoinerSource>,
  packed: readonly (Buffer | undefined)[],
): Promise<Stopped | undefined> {
  const lost = { topic, overflowed: 0, reason: undefined as Bound | undefined }
  let stopped: Stopped | undefined
  for (const [at, record] of records.entries()) {
    const one = { ...record, topic, packed: packed[at] }
    if (record.value !== null) lane.times.saw(topic, record.value.occurredAtMs)
    let verdict = takeOne(parts, lane, one)
    if (verdict === 'overflowed') {
      stopped = await makeRoom(parts, lane, one)
      if (stopped !== undefined) break
      verdict = takeOne(parts, lane, one)
    }
    if (verdict === 'overflowed') {
      lost.overflowed += 1
      lost.reason ??= boundOf(parts, lane, one)
    }
    tellVerdict(parts.runtime.signals, topic, verdict)
  }
  if (lost.overflowed > 0) tellOverflowed(parts, lane, lost)
  if (stopped !== undefined) return stopped
  lane.times.readTo(topic, nextOffset)
  await settleAll(parts, lane)
  return undefined
}

/** @returns where to wait for the others, when there is none all the same and they are behind */
async function makeRoom(parts: JoinParts, lane: Lane, record: TakenRecord): Promise<Stopped | undefined> {
  const { topic, offset } = record
  lane.times.readTo(topic, offset)
  await settleAll(parts, lane)
  const bound = boundOf(parts, lane, record)
  return bound !== undefined && (await lane.times.isAheadOfOthers(topic)) ? { offset, bound } : undefined
}

const boundOf = ({ lanes }: JoinParts, lane: Lane, { packed }: TakenRecord) =>
  lane.window.boundReached(1) ?? lanes.boundReached(lane, 1, packed?.length ?? 0)

/** Everything that is due, after room was made in memory for what has come. */
async function settleAll(parts: JoinParts, lane: Lane): Promise<void> {
  await parts.lanes.relieve()
  await matureAll(parts, lane)
}

interface TakenRecord {
  topic: JoinerSource
  offset: number
  value: RecordOf[JoinerSource] | null
  packed: Buffer | undefined
}

function takeOne(
  { lanes }: JoinParts,
  lane: Lane,
  { topic, offset, value, packed }: TakenRecord,
): JoinVerdict {
  if (value === null) return 'ignored'
  const keep = () =>
    lanes.boundReached(lane, 1, packed!.length) === undefined ? lane.shelf.put(packed!) : undefined
  return verdictOn(lane, value, { source: topic, offset }, keep)
}

function tellVerdict(signals: Signals, topic: JoinerSource, verdict: JoinVerdict): void {
  if (verdict !== 'ignored') signals.count(SIGNALS.recordsJoined, { topic, verdict })
  if (verdict === 'shown_late') signals.count(SIGNALS.itemsShownLate)
}

function verdictOn(
  { window }: Lane,
  value: RecordOf[JoinerSource],
  at: SourceOffset,
  keep: Parameters<Lane['window']['prediction']>[2],
): JoinVerdict {
  if ('ranking' in value) return window.prediction(value, at, keep)
  const { requestId, userId, itemId, type, occurredAtMs, position } = value
  if (requestId === null) return 'ignored'
  return window.outcome({ requestId, userId, itemId, type, occurredAtMs, position }, at)
}

/** Again as long as something is due: what is due next may be due already. */
async function matureAll(parts: JoinParts, lane: Lane): Promise<void> {
  for (;;) {
    const streamTimeMs = await lane.times.streamTimeMs(lane.window.nextDueMs)
    if (lane.window.nextDueMs > streamTimeMs) return
    while (await matureSome(parts, lane, streamTimeMs)) await parts.outputs.flush()
  }
}

/** @returns whether more is due at this time */
async function matureSome(parts: JoinParts, lane: Lane, streamTimeMs: number): Promise<boolean> {
  const { window, shelf } = lane
  const { codec, signals } = parts.runtime
  const due = window.due(streamTimeMs, SETTLED_TOGETHER)
  const bytes = await shelf.read(due.needed.map(({ kept }) => kept))
  const predictions = bytes.map((one): Prediction => codec.decode('predictions', one))
  const { examples, predictions: over, shownLate, unmatched } = window.settle(due, predictions)
  const marks = [...parts.labelsOut()]
  for (const example of examples)
    parts.outputs.add('examples', { key: example.userId, value: { ...example, labelsOut: marks } })
  if (over > 0) signals.count(SIGNALS.predictionsMatured, {}, over)
  if (examples.length > 0) signals.count(SIGNALS.examplesMatured, {}, examples.length)
  if (shownLate > 0) signals.count(SIGNALS.itemsShownLate, {}, shownLate)
  if (unmatched > 0) signals.count(SIGNALS.outcomesUnmatched, {}, unmatched)
  return due.untilMs < streamTimeMs
}

/** The others must be read first: nothing may be thrown away while they catch up. */
function putOff(
  { runtime: { log, signals } }: JoinParts,
  { partition, window }: Lane,
  { topic }: Batch<JoinerSource>,
  offset: number,
  reason: Bound,
): BatchResult {
  signals.count(SIGNALS.batchesHeldBack, { reason })
  const facts = { stage: 'joiner', topic, partition, reason, pending: window.pendingCount }
  log.warn(facts, LOG_EVENTS.joinerWaits)
  return { kind: 'seek', offset }
}

/** Labels are lost: somebody must give more room, or shorten the horizon. */
function tellOverflowed(
  { runtime: { log } }: JoinParts,
  { partition, window }: Lane,
  facts: { overflowed: number; topic: JoinerSource; reason: Bound | undefined },
): void {
  log.error(
    { stage: 'joiner', ...facts, partition, pending: window.pendingCount },
    LOG_EVENTS.joinerOverflowed,
  )
}

function tellState({ runtime: { signals }, lanes }: JoinParts, { partition, window }: Lane): void {
  signals.gauge(SIGNALS.predictionsPending, window.pendingCount, { partition: String(partition) })
  signals.gauge(SIGNALS.pendingMemory, lanes.memoryBytes)
  signals.gauge(SIGNALS.pendingDisk, lanes.diskBytes)
}
