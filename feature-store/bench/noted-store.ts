import type { ApplyRequest, StateStore } from '../state-store.ts'

/** Which side of the features a fenced write was for, and which partition of its topic. */
export interface WritePlace {
  side: 'user' | 'item'
  partition: number
}

/** The store, and every write that it applied is told. */
export function notedStore(
  store: StateStore,
  applied: (place: WritePlace, request: ApplyRequest) => void,
): StateStore {
  return {
    ...store,
    async apply(request) {
      const answer = await store.apply(request)
      const [, topic, partition] = /^\{(.+)\.(\d+)\}/.exec(request.tag)!
      const side = topic === 'interactions' ? 'user' : 'item'
      if (answer.kind === 'applied') applied({ side, partition: Number(partition) }, request)
      return answer
    },
  }
}
