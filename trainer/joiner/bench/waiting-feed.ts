import { bytesOfVector, type Interaction, type Prediction, type RankedItem } from '#schemas'
import type { Batch } from '#streams'
import type { JoinerSource } from '../joiner-lanes.ts'

const ITEMS = 10
const FEATURES = 40
const SHOWN = 4
/** 200 a second: two million wait for their outcomes within 2.8 hours. */
export const EVERY_MS = 5
export const PARTITIONS = 4
export const SHOWN_PER_PREDICTION = SHOWN
const TEMPLATES = 256
const BATCH_RECORDS = 500

/** A busy feed: ten candidates with 40 features each, four of them seen, one clicked in two and a half answers. */
export interface WaitingFeed {
  /** The next batches: predictions of one partition, then what came of them. */
  next(): Batch<JoinerSource>[]
  /** Something of every partition, later. */
  pass(ms: number): Batch<JoinerSource>[]
  /** Of one source and partition. */
  endOffset(source: string, partition: number): number
  readonly asked: number
}

export function createWaitingFeed(startMs: number): WaitingFeed {
  const rankings = Array.from({ length: TEMPLATES }, (_, template) => rankingOf(template))
  const ends = new Map<string, number>()
  let asked = 0

  const place = (source: string, partition: number) => `${source}/${String(partition)}`
  const endOffset = (source: string, partition: number) => ends.get(place(source, partition)) ?? 0

  function batchOf(
    topic: JoinerSource,
    partition: number,
    values: (Prediction | Interaction)[],
  ): Batch<JoinerSource> {
    const firstOffset = endOffset(topic, partition)
    const nextOffset = firstOffset + values.length
    ends.set(place(topic, partition), nextOffset)
    const meta = { topic, partition, key: null, brokerTimeMs: 0 }
    const records = values.map((value, at) => ({ ...meta, value, offset: firstOffset + at }))
    return { topic, partition, firstOffset, nextOffset, endOffset: nextOffset, records }
  }

  function predictionOf(number: number): Prediction {
    const requestId = `0f8fad5b-d9cb-469f-a165-${String(number).padStart(12, '0')}`
    return {
      predictionId: `p:${requestId}`,
      requestId,
      userId: `user-${String(number % 100_003)}`,
      occurredAtMs: startMs + number * EVERY_MS,
      scoredAtMs: startMs,
      modelId: 'ftrl-000017',
      calibrationId: 'identity',
      featureSetId: 'bench',
      fallbackReason: null,
      requestPartition: 0,
      requestOffset: number,
      userOffset: number,
      context: [],
      feedOffsets: [],
      ranking: rankings[number % TEMPLATES]!,
    }
  }

  return {
    next() {
      const partition = Math.floor(asked / BATCH_RECORDS) % PARTITIONS
      const numbers = Array.from({ length: BATCH_RECORDS }, () => asked++)
      const predictions = numbers.map(predictionOf)
      const outcomes = predictions.flatMap((prediction, at) => outcomesOf(prediction, numbers[at]!))
      return [batchOf('predictions', partition, predictions), batchOf('interactions', partition, outcomes)]
    },
    pass(ms) {
      const occurredAtMs = startMs + asked * EVERY_MS + ms
      const last = predictionOf(0)
      return Array.from({ length: PARTITIONS }, (_, partition) => {
        const [told] = outcomesOf({ ...last, requestId: 'nobody', occurredAtMs }, 0)
        return batchOf('interactions', partition, [{ ...told!, requestId: null }])
      })
    },
    endOffset,
    get asked() {
      return asked
    },
  }
}

function rankingOf(template: number): RankedItem[] {
  return Array.from({ length: ITEMS }, (_, rank) => ({
    itemId: `item-${String((template * ITEMS + rank) % 50_021)}`,
    score: 0.5 / (rank + 1),
    rank,
    propensity: 1,
    vector: bytesOfVector(Float32Array.from({ length: FEATURES }, (_, at) => Math.sin(template + rank + at))),
    flags: Buffer.alloc(FEATURES),
    itemOffset: template,
    unscoredReason: null,
  }))
}

function outcomesOf({ requestId, userId, occurredAtMs, ranking }: Prediction, number: number): Interaction[] {
  const tell = (place: number, type: string, afterMs: number): Interaction => ({
    interactionId: `${requestId}.${String(place)}`,
    userId,
    itemId: ranking[place]!.itemId,
    type,
    occurredAtMs: occurredAtMs + afterMs,
    requestId,
    position: place,
    value: null,
  })
  const seen = Array.from({ length: SHOWN }, (_, at) => tell(at, 'view', at))
  return number % 5 < 2 ? [...seen, tell(number % SHOWN, 'click', EVERY_MS)] : seen
}
