import { StoreUnavailableError } from './errors.ts'
import {
  decideApply,
  formatFence,
  parseFence,
  wentBack,
  type ApplyAnswer,
  type Fence,
  type HeldFence,
} from './fence.ts'
import type { ApplyRequest, FreshPartition, StateKey, StateStore, StoreReading } from './state-store.ts'

/** A state store in memory, and what a test may do to it. */
export interface MemoryStore extends StateStore {
  /** Forgets everything, as FLUSHALL does. */
  flush(): void
  /** Forgets the fences and nothing else: the worst an operator's DEL can do. */
  loseFences(): void
  /** Everything as it is, to come back to with `restore`: a Redis whose append-only file was cut short. */
  snapshot(): MemorySnapshot
  restore(snapshot: MemorySnapshot): void
  /** Changes stored bytes behind everybody's back. */
  tamper(change: (id: string, blob: Buffer) => Buffer): void
  /** While set, every call rejects with StoreUnavailableError. */
  setUnavailable(unavailable: boolean): void
  /** The next `count` applies are done but their answers are lost. */
  loseAnswers(count: number): void
}

/** A blob with the store it was written in: one from before the fence was born is no state. */
interface StoredBlob {
  storeId: string
  blob: Buffer
}

export interface MemorySnapshot {
  /** By tag, as text. */
  fences: Map<string, string>
  /** By tag, then id. */
  blobs: Map<string, Map<string, StoredBlob>>
}

/** In memory, under the same rules as Redis. */
export function createMemoryStore(): MemoryStore {
  let held: MemorySnapshot = { fences: new Map(), blobs: new Map() }
  let storesBegun = 0
  let unavailable = false
  let answersToLose = 0
  const watchers = new Set<() => void>()

  const ask = (operation: string) => {
    if (unavailable) throw new StoreUnavailableError(operation, new Error('switched off by the test'))
  }
  const fenceOf = (tag: string): Fence | null => {
    const text = held.fences.get(tag)
    return text === undefined ? null : parseFence(text)
  }
  const keepFence = (tag: string, fence: Fence): Fence => {
    held.fences.set(tag, formatFence(fence))
    return fence
  }
  const blobOf = ({ tag, id }: StateKey): Buffer | null => {
    const found = held.blobs.get(tag)?.get(id)
    return found !== undefined && found.storeId === fenceOf(tag)?.storeId ? found.blob : null
  }
  const replace = (next: MemorySnapshot) => {
    held = next
    for (const look of [...watchers]) look()
  }

  function write(request: ApplyRequest): ApplyAnswer {
    const { tag, nextOffset, streamTimeMs, appliedAtMs, sourceHighs } = request
    const fence = fenceOf(tag)
    const answer = decideApply(fence, request)
    if (answer.kind !== 'applied' || fence === null || fence.nextOffset !== request.expectedOffset)
      return answer
    const blobs = held.blobs.get(tag) ?? new Map<string, StoredBlob>()
    held.blobs.set(tag, blobs)
    for (const { id, blob } of request.writes)
      blobs.set(id, { storeId: fence.storeId, blob: Buffer.from(blob) })
    for (const id of request.deletes) blobs.delete(id)
    keepFence(tag, {
      ...fence,
      nextOffset,
      streamTimeMs: Math.max(fence.streamTimeMs, streamTimeMs),
      appliedAtMs,
      sourceHighs: sourceHighs.size === 0 ? fence.sourceHighs : sourceHighs,
    })
    return answer
  }

  return {
    async acquire(tag: string, { startOffset, rebuildUntilOffset }: FreshPartition): Promise<Fence> {
      ask('acquire')
      const known = fenceOf(tag)
      if (known !== null) return keepFence(tag, { ...known, epoch: known.epoch + 1 })
      return keepFence(tag, {
        storeId: `memory${String(++storesBegun)}`,
        epoch: 1,
        nextOffset: startOffset,
        rebuildUntilOffset,
        streamTimeMs: -1,
        appliedAtMs: -1,
        sourceHighs: new Map(),
      })
    },
    async apply(request: ApplyRequest): Promise<ApplyAnswer> {
      ask('apply')
      const answer = write(request)
      if (answersToLose === 0) return answer
      answersToLose--
      throw new StoreUnavailableError('apply', new Error('the answer was lost by the test'))
    },
    async read(wanted: { fences: readonly string[]; blobs: readonly StateKey[] }): Promise<StoreReading> {
      ask('read')
      return { fences: wanted.fences.map(fenceOf), blobs: wanted.blobs.map(blobOf) }
    },
    async waitUntil(tag: string, offset: number): Promise<boolean> {
      ask('wait')
      return (fenceOf(tag)?.nextOffset ?? -1) >= offset
    },
    watch(heldFences: () => HeldFence[], lost: (tag: string) => void) {
      const look = () => {
        const gone = heldFences().find((fence) => wentBack(fence, fenceOf(fence.tag)))
        if (gone !== undefined && watchers.delete(look)) lost(gone.tag)
      }
      watchers.add(look)
      return () => void watchers.delete(look)
    },
    async *scan(tag: string) {
      ask('scan')
      for (const id of held.blobs.get(tag)?.keys() ?? []) {
        const blob = blobOf({ tag, id })
        if (blob !== null) yield { id, blob }
      }
    },
    async close() {},
    flush: () => replace({ fences: new Map(), blobs: new Map() }),
    loseFences: () => replace({ ...held, fences: new Map() }),
    snapshot: () => copyOf(held),
    restore: (snapshot) => replace(copyOf(snapshot)),
    tamper(change) {
      for (const blobs of held.blobs.values()) {
        for (const [id, { storeId, blob }] of blobs) blobs.set(id, { storeId, blob: change(id, blob) })
      }
    },
    setUnavailable(value) {
      unavailable = value
    },
    loseAnswers(count) {
      answersToLose = count
    },
  }
}

function copyOf({ fences, blobs }: MemorySnapshot): MemorySnapshot {
  return { fences: new Map(fences), blobs: new Map([...blobs].map(([tag, byId]) => [tag, new Map(byId)])) }
}
