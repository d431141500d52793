import type { FeedLog } from '../datasets/index.ts'

/** The log, and how long was waited for its entries. */
export function timedLog(log: FeedLog, nowMs: () => number): { log: FeedLog; waitedMs(): number } {
  let waited = 0
  async function* entries() {
    const iterator = log.entries()[Symbol.asyncIterator]()
    try {
      for (;;) {
        const askedMs = nowMs()
        const next = await iterator.next()
        waited += nowMs() - askedMs
        if (next.done === true) return
        yield next.value
      }
    } finally {
      await iterator.return?.()
    }
  }
  return { log: { ...log, entries }, waitedMs: () => waited }
}
