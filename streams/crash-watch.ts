import type { TopicKey } from '#schemas'
import type { StreamsLimits } from './config.ts'
import { formatMarker, GONE_MAX, type Hand, parseMarker } from './crash-marker.ts'
import { batchMax, split, withoutGone } from './cut-batch.ts'
import { policyOf } from './errors.ts'
import type { RawBatch } from './raw-record.ts'
import { clearedBefore, handOf, nextSuspectAfter, suspicionOf, within } from './suspicion.ts'

export type CrashLimits = Pick<
  StreamsLimits,
  | 'batchRecordsMax'
  | 'catchUpFromRecords'
  | 'catchUpBatchRecordsMax'
  | 'crashLoopDeathsMax'
  | 'crashLoopWatchRecords'
  | 'crashLoopChunkRecords'
  | 'crashLoopGivenUpMax'
>

/** A piece of a fetch, and what must be known to the group before the stage gets it. */
export interface Slice<K extends TopicKey = TopicKey> {
  batch: RawBatch<K>
  /** What follows; null: the fetch is used up. */
  rest: RawBatch<K> | null
  /** Commit this marker first, and wait for it; null: there is no need. */
  mark: string | null
  /** One record under suspicion: nothing else under suspicion may be at hand in this process. */
  alone: boolean
}

/** One open partition of one topic of a stage. */
export interface CrashWatch<K extends TopicKey = TopicKey> {
  cut(fetched: RawBatch<K>): Slice<K>
  /** The slice that was cut last is done up to here; `commit`: what its stage lets be committed, null: no more than before. */
  passed(nextOffset: number, commit: number | null): void
  /** The slice that was cut last was not done, and nobody died of it. */
  putBack(): void
  /** The marker of the slice that was cut last was not taken: the slice must not reach the stage. */
  refused(): void
  /** The offset that a marker is committed with. */
  commitOffset(): number
  /** Goes with every commit while the partition is open; null: the rule is off. */
  marker(): string | null
  /** Goes with the last commit; null: nothing to take back. */
  closing(end: CrashWatchEnd): string | null
}

/** `at_fault`: the stage failed by what it had at hand. */
export type CrashWatchEnd = 'in_order' | 'at_fault'

export interface WatchedPartition {
  /** Metadata of the committed offset. */
  metadata: string | null
  /** Where reading begins. */
  position: number
  /** What the group has committed, or would begin at. */
  commit: number
  /** This run of the stage: a marker of its own tells of no death. */
  by: string
}

/**
 * Finds the record that kills the process, and gives it up.
 *
 * While a partition is open its commits carry a marker; closing it in order takes the marker away. Who finds one
 * knows that the run before died: the records from there on come in chunks, each announced by a marker before the
 * stage gets it. A chunk at hand in a death comes one record at a time; a record that was alone at hand in
 * `crashLoopDeathsMax` deaths in a row is dead-lettered undecoded. Whatever passes is cleared of suspicion.
 *
 * Chunks first, and three deaths alone: a process killed at random, once in three seconds of work, on eight
 * partitions, must not cost a good record (LESSONS.md).
 */
export function watchPartition<K extends TopicKey>(
  { metadata, position, commit: committed, by }: WatchedPartition,
  limits: CrashLimits,
): CrashWatch<K> {
  const isOff = limits.crashLoopDeathsMax === 0
  const found = isOff ? null : parseMarker(metadata)
  let suspicion = suspicionOf(found, position, by, limits)
  let gone = [...(found?.gone ?? [])]
  let goneInARow = found?.goneInARow ?? 0
  let read = position
  let commit = committed
  let isMarked = false
  let atHand: { hand: Hand; givesUp: boolean } | null = null

  const goneAhead = () => gone.filter((offset) => offset >= commit)
  const markerWith = (hand: Hand | null): string =>
    formatMarker({ by, read, watch: suspicion.watch, hand, gone: goneAhead(), goneInARow })

  function mayGiveUp({ from, aloneDeaths }: Hand): boolean {
    if (aloneDeaths === null || aloneDeaths < limits.crashLoopDeathsMax) return false
    return goneInARow < limits.crashLoopGivenUpMax && gone.length < GONE_MAX && !gone.includes(from)
  }

  return {
    cut(fetched) {
      const first = fetched.records[0]?.offset
      if (isOff || first === undefined) {
        atHand = null
        const [batch, rest] = split(fetched, batchMax(fetched, limits))
        return { batch, rest, mark: null, alone: false }
      }
      const isWatched = within(suspicion.watch, first)
      const isAlone = within(suspicion.alone, first)
      const recordsMax = isAlone ? 1 : isWatched ? limits.crashLoopChunkRecords : batchMax(fetched, limits)
      const [batch, rest] = split(fetched, recordsMax, nextSuspectAfter(suspicion, first))
      const hand = handOf(batch, suspicion.suspect)
      const givesUp = mayGiveUp(hand)
      atHand = { hand, givesUp }
      const announced = isWatched || isAlone
      const mark = announced ? markerWith(hand) : isMarked ? null : markerWith(null)
      isMarked = true
      return {
        batch: givesUp || gone.length > 0 ? withoutGone(batch, gone, givesUp) : batch,
        rest,
        mark,
        alone: announced && hand.aloneDeaths !== null,
      }
    },
    passed(nextOffset, newCommit) {
      read = nextOffset
      commit = newCommit ?? commit
      if (atHand?.givesUp) {
        gone.push(atHand.hand.from)
        goneInARow += 1
      } else if (atHand !== null && atHand.hand.from < nextOffset && !gone.includes(atHand.hand.from)) {
        goneInARow = 0
      }
      gone = goneAhead()
      suspicion = clearedBefore(suspicion, nextOffset)
      atHand = null
    },
    putBack: () => void (atHand = null),
    refused() {
      atHand = null
      isMarked = false
    },
    commitOffset: () => commit,
    marker: () => (isOff ? null : ((isMarked = true), markerWith(null))),
    closing(end) {
      if (!isMarked) return null
      isMarked = false
      if (end === 'at_fault' && atHand !== null) return markerWith(atHand.hand)
      const rest = goneAhead()
      return rest.length === 0
        ? ''
        : formatMarker({ by: null, read, watch: null, hand: null, gone: rest, goneInARow })
    },
  }
}

/** What a passing or an outside cause stops is nobody's fault; all else may be that of the records at hand. */
export function endOf(error: unknown): CrashWatchEnd {
  const policy = policyOf(error)
  return policy === 'transient' || policy === 'operator' ? 'in_order' : 'at_fault'
}
