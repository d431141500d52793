import type { TopicKey } from '#schemas'
import type { StreamsLimits } from '../../config.ts'
import type { PartitionLanes } from '../../partition-lanes.ts'
import type { Clock, Signals } from '../../stage.ts'
import type { RunOutcome, StageRunner } from '../../stage-runner.ts'
import type { KafkaOutputs } from '../kafka-outputs.ts'
import { type FetchedPayload, rawBatchOf } from '../wire/kafka-batch.ts'
import type { Commits } from './kafka-commits.ts'
import { workThrough } from './kafka-fetched.ts'
import type { Generations } from './kafka-generations.ts'
import type { Heartbeats } from './kafka-heartbeats.ts'
import { gaugeLag } from './kafka-lag-gauges.ts'
import type { Markers } from './kafka-markers.ts'
import type { MemberEnd } from './kafka-member-end.ts'
import type { Pauses } from './kafka-pauses.ts'
import type { Positions } from './kafka-positions.ts'
import type { Watchdog } from './kafka-watchdog.ts'

export interface BatchWorkParts<K extends TopicKey> {
  stage: string
  limits: StreamsLimits
  clock: Clock
  signals: Signals
  /** By topic name. */
  sources: ReadonlyMap<string, K>
  run: StageRunner<K>
  outputs: Pick<KafkaOutputs, 'session'>
  commits: Commits
  generations: Pick<Generations, 'current'>
  heartbeats: Heartbeats
  lanes: Pick<PartitionLanes, 'run'>
  markers: Pick<Markers<K>, 'of'>
  pauses: Pick<Pauses, 'pause'>
  positions: Positions
  watchdog: Pick<Watchdog, 'handed' | 'takenBack'>
  end: Pick<MemberEnd, 'isEnding' | 'fail'>
  seek(topic: string, partition: number, offset: number): void
}

/** What one member does with what it fetched. */
export interface BatchWork {
  /** A batch still at work when its generation ends neither commits nor seeks (kafkajs alone would let it). */
  eachBatch(payload: FetchedPayload): Promise<void>
  /** It has finished something. */
  hasMoved(): boolean
}

type Note = (offset: number, metadata?: string | null) => void

export function createBatchWork<K extends TopicKey>(parts: BatchWorkParts<K>): BatchWork {
  const { stage, limits, signals, outputs, commits, generations, heartbeats, lanes } = parts
  const { markers, pauses, positions, watchdog, end, seek, run } = parts
  let hasMoved = false

  async function eachBatch(payload: FetchedPayload): Promise<void> {
    const { topic, partition } = payload.batch
    const read = generations.current()
    const isOurs = () => read === generations.current() && !heartbeats.lost()
    heartbeats.begin(payload.heartbeat)
    try {
      await lanes.run(partition, () => workOn(payload, isOurs))
    } catch (error) {
      end.fail(error)
    } finally {
      watchdog.takenBack(topic, partition)
      heartbeats.end()
    }
  }

  async function workOn(payload: FetchedPayload, isOurs: () => boolean): Promise<void> {
    const { batch, commitOffsetsIfNecessary } = payload
    const { topic, partition } = batch
    const watch = markers.of(topic, partition)
    if (payload.isStale() || !isOurs() || watch === undefined) return
    const must = await positions.mustBeginAt(batch)
    if (must !== null) return seek(topic, partition, must)
    const note: Note = (offset, metadata = watch.marker()) =>
      commits.note({ topic, partition, offset, metadata }, commitOffsetsIfNecessary)
    const fetched = rawBatchOf(batch, parts.sources.get(topic)!)
    const finish = await workThrough(fetched, {
      watch,
      isOurs,
      note,
      run(slice) {
        watchdog.handed(topic, partition)
        return run(slice, outputs.session())
      },
      mayGoOn: () => !end.isEnding(),
      commitNow(marker) {
        note(watch.commitOffset(), marker)
        return commits.flush()
      },
      abandoned: () => signals.count('batches_abandoned', { stage }),
      act: (outcome) => act(outcome, payload, note),
      tryAgain(offset) {
        pauses.pause(topic, partition, limits.retryDelayMs)
        seek(topic, partition, offset)
      },
    })
    if (finish === 'done') gaugeLag(stage, topic, fetched, parts)
  }

  /** @returns whether the next slice may follow */
  function act(
    outcome: RunOutcome,
    { batch: { topic, partition }, resolveOffset }: FetchedPayload,
    note: Note,
  ): boolean {
    if (outcome.kind === 'done') {
      hasMoved = true
      resolveOffset(String(outcome.nextOffset - 1))
      positions.moved(topic, partition, outcome.nextOffset)
      note(outcome.commit)
      return true
    }
    if (outcome.kind === 'retry') {
      if (outcome.commit !== null) note(outcome.commit)
      pauses.pause(topic, partition, outcome.delayMs)
    } else {
      signals.count('batches_sought', { stage })
    }
    seek(topic, partition, outcome.offset)
    return false
  }

  return { eachBatch, hasMoved: () => hasMoved }
}
