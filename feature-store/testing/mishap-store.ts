import { StoreUnavailableError } from '../errors.ts'
import { createMemoryStates, type MemorySnapshot } from '../memory-states.ts'
import { memoryStoreOn } from '../memory-store.ts'
import type { StateStore } from '../state-store.ts'

export type { MemorySnapshot } from '../memory-states.ts'

/** A state store in memory, and what a test may do to it. */
export interface MishapStore extends StateStore {
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

export function createMishapStore(): MishapStore {
  const states = createMemoryStates()
  const store = memoryStoreOn(states)
  let unavailable = false
  let answersToLose = 0

  const ask = (operation: string) => {
    if (unavailable) throw new StoreUnavailableError(operation, new Error('switched off by the test'))
  }

  return {
    ...store,
    async acquire(tag, fresh) {
      ask('acquire')
      return store.acquire(tag, fresh)
    },
    async apply(request) {
      ask('apply')
      const answer = await store.apply(request)
      if (answersToLose === 0) return answer
      answersToLose--
      throw new StoreUnavailableError('apply', new Error('the answer was lost by the test'))
    },
    async read(wanted) {
      ask('read')
      return store.read(wanted)
    },
    async fences(tags) {
      ask('read fences')
      return store.fences(tags)
    },
    async waitUntil(tag, offset, deadlineMs) {
      ask('wait')
      return store.waitUntil(tag, offset, deadlineMs)
    },
    async *scan(tag) {
      ask('scan')
      yield* store.scan(tag)
    },
    flush: () => states.replace({ fences: new Map(), blobs: new Map() }),
    loseFences: () => states.replace({ ...states.snapshot(), fences: new Map() }),
    snapshot: () => states.snapshot(),
    restore: (snapshot) => states.replace(snapshot),
    tamper(change) {
      const { fences, blobs } = states.snapshot()
      for (const byId of blobs.values())
        for (const [id, { storeId, blob }] of byId) byId.set(id, { storeId, blob: change(id, blob) })
      states.replace({ fences, blobs })
    },
    setUnavailable: (value) => void (unavailable = value),
    loseAnswers: (count) => void (answersToLose = count),
  }
}
