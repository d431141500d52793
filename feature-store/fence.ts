import { type OperatorError, topicChanged } from '#streams'
import { BlobCorruptError } from './errors.ts'

/** Who may write a partition's states, and how far they go. */
export interface Fence {
  /** Drawn when the partition began from nothing: another one means that the store lost its data. */
  storeId: string
  /** Counts owners. */
  epoch: number
  /** First offset that is not in the states. */
  nextOffset: number
  /** Reads are not ready before `nextOffset` gets here. */
  rebuildUntilOffset: number
  /** Newest event time applied, -1 none. */
  streamTimeMs: number
  /** Wall clock of the last write, -1 none. */
  appliedAtMs: number
  /** Highest source offset applied, per source partition (re-keyed topics). */
  sourceHighs: ReadonlyMap<number, number>
  /** Event time before which every entity is over (state/activity.ts); left out: nobody had to make room. */
  horizonMs?: number
}

/** What a writer says about the fence it writes behind. */
export interface FenceClaim {
  storeId: string
  epoch: number
  /** Where the owner believes the fence to stand. */
  expectedOffset: number
  /** Where it will stand. */
  nextOffset: number
}

export type ApplyAnswer =
  | { kind: 'applied' }
  /** The fence is further: the prefix was applied before. */
  | { kind: 'stale'; nextOffset: number }
  /** The fence is behind (a Redis that came back older): seek there. */
  | { kind: 'gap'; nextOffset: number }
  /** Another owner took over. */
  | { kind: 'fenced' }
  /** The store lost the partition since it was acquired. */
  | { kind: 'lost' }

/** What an owner believes to hold. */
export interface HeldFence {
  tag: string
  storeId: string
  nextOffset: number
}

/** Whether the store went back behind what its owner wrote: emptied, replaced, or restored from something older. */
export const wentBack = (held: HeldFence, fence: Fence | null): boolean =>
  fence === null || fence.storeId !== held.storeId || fence.nextOffset < held.nextOffset

export const isReady = (fence: Fence | null): fence is Fence =>
  fence !== null && fence.nextOffset >= fence.rebuildUntilOffset

/** The rule of lua/apply.lua, for the memory store; the conformance suite holds the two together. */
export function decideApply(fence: Fence | null, claim: FenceClaim): ApplyAnswer {
  if (fence === null || fence.storeId !== claim.storeId) return { kind: 'lost' }
  if (fence.epoch !== claim.epoch) return { kind: 'fenced' }
  if (fence.nextOffset === claim.expectedOffset) return { kind: 'applied' }
  if (fence.nextOffset < claim.expectedOffset) return { kind: 'gap', nextOffset: fence.nextOffset }
  return { kind: 'stale', nextOffset: fence.nextOffset }
}

const FENCE_FORMAT = '1'

/** `1 storeId epoch next rebuildUntil streamTime appliedAt highs[ horizon]`, highs as `partition:offset,...` or `-`. */
export function formatFence(fence: Fence): string {
  const highs = [...fence.sourceHighs].sort(([left], [right]) => left - right)
  return [
    FENCE_FORMAT,
    fence.storeId,
    fence.epoch,
    fence.nextOffset,
    fence.rebuildUntilOffset,
    fence.streamTimeMs,
    fence.appliedAtMs,
    formatHighs(highs),
    ...(fence.horizonMs === undefined ? [] : [fence.horizonMs]),
  ].join(' ')
}

export function formatHighs(highs: Iterable<readonly [number, number]>): string {
  const pairs = [...highs].map(([partition, offset]) => `${String(partition)}:${String(offset)}`)
  return pairs.length === 0 ? '-' : pairs.join(',')
}

/** Throws BlobCorruptError on anything else. */
export function parseFence(text: string): Fence {
  const fields = text.split(' ')
  const [format, storeId, ...rest] = fields
  const numbers = [...rest.slice(0, 5), ...rest.slice(6)].map(Number)
  const isWhole = fields.length === 8 || fields.length === 9
  if (format !== FENCE_FORMAT || !isWhole || !numbers.every(Number.isSafeInteger)) {
    throw new BlobCorruptError(`fence ${JSON.stringify(text.slice(0, 80))}`)
  }
  const [epoch, nextOffset, rebuildUntilOffset, streamTimeMs, appliedAtMs, horizonMs] = numbers as [
    number,
    number,
    number,
    number,
    number,
    number?,
  ]
  const sourceHighs = parseHighs(rest[5]!)
  return {
    ...{ storeId: storeId!, epoch, nextOffset, rebuildUntilOffset, streamTimeMs, appliedAtMs, sourceHighs },
    ...(horizonMs !== undefined && { horizonMs }),
  }
}

function parseHighs(text: string): Map<number, number> {
  const highs = new Map<number, number>()
  if (text === '-') return highs
  for (const pair of text.split(',')) {
    const [partition, offset] = pair.split(':').map(Number)
    if (!Number.isSafeInteger(partition) || !Number.isSafeInteger(offset))
      throw new BlobCorruptError(`highs ${pair}`)
    highs.set(partition!, offset!)
  }
  return highs
}

/** A tag begins with `{topic.partition}`. */
export function fenceOfOther(tag: string, was: string, now: string): OperatorError {
  const topic = /^\{(.*)\.\d+\}/.exec(tag)?.[1] ?? tag
  return topicChanged(`The state of ${tag}`, topic, was, now)
}
