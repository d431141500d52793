import type { RankRequest } from '#schemas'
import type { Person } from './people.ts'

export interface WaitingRequest {
  person: Person
  request: RankRequest
}

/** Requests asked and not yet answered or given up, oldest first. */
export interface WaitingRequests {
  readonly size: number
  /** The one to give up before another one is asked; null: there is room. */
  tooOld(): string | null
  add(waiting: WaitingRequest): void
  take(requestId: string): WaitingRequest | undefined
}

const WAITING_MAX = 100_000

export function createWaitingRequests(): WaitingRequests {
  const waiting = new Map<string, WaitingRequest>()
  return {
    get size() {
      return waiting.size
    },
    tooOld: () => (waiting.size >= WAITING_MAX ? waiting.keys().next().value! : null),
    add: (one) => void waiting.set(one.request.requestId, one),
    take(requestId) {
      const found = waiting.get(requestId)
      waiting.delete(requestId)
      return found
    },
  }
}
